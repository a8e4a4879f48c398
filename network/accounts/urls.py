"""Routes of members, invitations and partner systems."""

from django.urls import path

from . import (
    openapi,  # noqa: F401 - registers itself, for whoever draws the schema of these routes
    views,
)

urlpatterns = [
    path("me", views.Me.as_view(), name="me"),
    path("members", views.Members.as_view(), name="members"),
    path("members/<uuid:pk>", views.OneMember.as_view(), name="member"),
    path("members/<uuid:pk>/absence", views.MemberAbsence.as_view(), name="member-absence"),
    path("invitations", views.Invitations.as_view(), name="invitations"),
    path("invitations/<uuid:pk>", views.OneInvitation.as_view(), name="invitation"),
    path("applications", views.Applications.as_view(), name="applications"),
    path("applications/<uuid:pk>", views.OneApplication.as_view(), name="application"),
]
