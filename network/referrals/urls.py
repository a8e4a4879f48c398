"""Routes of referrals and offers; one for each verb that a caller may make, from the table."""

from __future__ import annotations

from django.urls import path

from . import conversation_views, matches, outcome_views, views
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
    path("offers", views.Offers.as_view(), name="offers"),
    path("offers/<uuid:pk>", views.OneOffer.as_view(), name="offer"),
    path("reasons", views.Reasons.as_view(), name="reasons"),
    path("outcome-codes", outcome_views.OutcomeCodes.as_view(), name="outcome-codes"),
    path("follow-ups", outcome_views.FollowUps.as_view(), name="follow-ups"),
    path("follow-ups/<uuid:pk>/answer", outcome_views.AnswerFollowUp.as_view(), name="follow-up-answer"),
    path("unmatched", views.Unmatched.as_view(), name="unmatched"),
    path("overdue", views.Overdue.as_view(), name="overdue"),
    *(
        path(f"{move.lies_on}s/<uuid:pk>/{move.verb}", views.view_of(move.verb).as_view(), name=f"{move.lies_on}-{move.verb}")
        for move in CALLED
    ),
]
