"""Routes of the pages."""

from __future__ import annotations

from django.urls import path

from .views import conversation, coordination, crisis, directory, door, inbox, notices, organisation, people, refer, referral, settings

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("refer/", refer.refer, name="refer"),
    path("refer/services/", refer.fitting_services, name="refer-services"),
    path("refer/<uuid:pk>/", refer.draft, name="refer-draft"),
    path("r/<uuid:pk>/", referral.referral, name="referral"),
    path("r/<uuid:pk>/do/<slug:verb>/", referral.do_referral, name="do-referral"),
    path("r/<uuid:pk>/say/", conversation.say, name="say"),
    path("r/<uuid:pk>/read/", conversation.read, name="read"),
    path("files/<uuid:pk>/", conversation.open_file, name="file"),
    path("o/<uuid:pk>/do/<slug:verb>/", referral.do_offer, name="do-offer"),
    path("services/", directory.services, name="services"),
    path("services/<uuid:pk>/", directory.service, name="service"),
    path("organisations/<uuid:pk>/", directory.organization, name="organization"),
    path("organisations/<uuid:pk>/claim/", door.claim, name="claim"),
    path("people/", people.people, name="people"),
    path("people/new/", people.new_person, name="person-new"),
    path("people/<uuid:pk>/", people.person, name="person"),
    path("people/<uuid:pk>/change/", people.change_person, name="person-change"),
    path("people/<uuid:pk>/safety/", people.safety, name="person-safety"),
    path("people/<uuid:pk>/consents/<uuid:consent>/stop/", people.stop_sharing, name="stop-sharing"),
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/invite/", organisation.send_invitation, name="invite"),
    path("organisation/invitations/<uuid:pk>/withdraw/", organisation.take_back, name="invitation-withdraw"),
    path("organisation/members/<uuid:pk>/end/", organisation.let_go, name="member-end"),
    path("organisation/services/<uuid:pk>/capacity/", organisation.confirm_capacity, name="capacity-confirm"),
    path("organisation/act-for/", organisation.act_for, name="act-for"),
    path("coordination/", coordination.coordination, name="coordination"),
    path("coordination/claims/<uuid:pk>/", coordination.decide, name="claim-decide"),
    path("coordination/invite/", coordination.let_in, name="let-in"),
    path("join/", door.join, name="join"),
    path("join/<str:token>", door.open_link, name="join-link"),
    path("welcome/", door.nowhere, name="nowhere"),
    path("crisis/", crisis.crisis, name="crisis"),
    path("settings/", settings.own_settings, name="settings"),
    path("settings/notices/", notices.notices, name="notices"),
    path("settings/notices/browsers/", notices.add_browser, name="browser-add"),
    path("settings/notices/browsers/<uuid:pk>/end/", notices.end_browser, name="browser-end"),
    path("sw.js", notices.service_worker, name="service-worker"),
    path("help/", settings.help_page, name="help"),
    path("alive/", settings.alive, name="alive"),
]
