"""Routes of the event feed."""

from django.urls import path

from . import views

urlpatterns = [
    path("events", views.Events.as_view(), name="events"),
    path("events/head", views.EventHead.as_view(), name="event-head"),
]
