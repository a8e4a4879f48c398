"""Routes of referrals and offers; one for each verb that a caller may make, from the table."""

from __future__ import annotations

from django.urls import path

from . import alarm_views, conversation_views, matches, outcome_views, team_views, views
from .lifecycle import MOVES, Side

CALLED = [move for move in MOVES.values() if move.sides - {Side.CLOCK}]

urlpatterns = [
    path("matches", matches.MatchFinder.as_view(), name="matches"),
    path("referrals", views.Referrals.as_view(), name="referrals"),
    path("referrals/<uuid:pk>", views.OneReferral.as_view(), name="referral"),
    path("referrals/<uuid:pk>/timeline", views.Timeline.as_view(), name="referral-timeline"),
    path("referrals/<uuid:pk>/messages", conversation_views.Messages.as_view(), name="referral-messages"),
    path("referrals/<uuid:pk>/attachments", conversation_views.Attachments.as_view(), name="referral-attachments"),
    path("referrals/<uuid:pk>/read", conversation_views.MarkRead.as_view(), name="referral-read"),
    path("attachments/<uuid:pk>", conversation_views.OneAttachment.as_view(), name="attachment"),
    path("phrases", conversation_views.Phrases.as_view(), name="phrases"),
    path("referrals/<uuid:pk>/here", team_views.Here.as_view(), name="referral-here"),
    path("offers/assign", team_views.Assign.as_view(), name="offers-assign"),
    path("offers/<uuid:pk>/snooze", team_views.SnoozeOffer.as_view(), name="offer-snooze"),
    path("members/<uuid:pk>/returned", team_views.Returned.as_view(), name="member-returned"),
    path("offers", views.Offers.as_view(), name="offers"),
    path("offers/<uuid:pk>", views.OneOffer.as_view(), name="offer"),
    path("reasons", views.Reasons.as_view(), name="reasons"),
    path("outcome-codes", outcome_views.OutcomeCodes.as_view(), name="outcome-codes"),
    path("follow-ups", outcome_views.FollowUps.as_view(), name="follow-ups"),
    path("follow-ups/<uuid:pk>/answer", outcome_views.AnswerFollowUp.as_view(), name="follow-up-answer"),
    path("unmatched", views.Unmatched.as_view(), name="unmatched"),
    path("alarms", alarm_views.Alarms.as_view(), name="alarms"),
    path("alarms/unanswered", alarm_views.Unanswered.as_view(), name="alarms-unanswered"),
    path("alarms/<uuid:pk>", alarm_views.OneAlarm.as_view(), name="alarm"),
    path("alarms/<uuid:pk>/acknowledge", alarm_views.Acknowledge.as_view(), name="alarm-acknowledge"),
    path("alarms/<uuid:pk>/hand-over", alarm_views.HandOver.as_view(), name="alarm-hand-over"),
    path("alarms/<uuid:pk>/take-over", alarm_views.TakeOver.as_view(), name="alarm-take-over"),
    path("alarms/<uuid:pk>/keep", alarm_views.Keep.as_view(), name="alarm-keep"),
    path("alarms/<uuid:pk>/end", alarm_views.EndDrill.as_view(), name="alarm-end"),
    path("drills", alarm_views.Drills.as_view(), name="drills"),
    path("crisis-plan", alarm_views.Plan.as_view(), name="crisis-plan"),
    path("watches", alarm_views.Watches.as_view(), name="watches"),
    path("watches/<uuid:pk>", alarm_views.OneWatch.as_view(), name="watch"),
    path("overdue", views.Overdue.as_view(), name="overdue"),
    *(
        path(f"{move.lies_on}s/<uuid:pk>/{move.verb}", views.view_of(move.verb).as_view(), name=f"{move.lies_on}-{move.verb}")
        for move in CALLED
    ),
]
