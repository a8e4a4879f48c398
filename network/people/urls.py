"""Routes of people."""

from django.urls import path

from . import views

urlpatterns = [
    path("people", views.People.as_view(), name="people"),
    path("people/find", views.FindPeople.as_view(), name="people-find"),
    path("people/<uuid:pk>", views.OnePerson.as_view(), name="person"),
    path("people/<uuid:pk>/safe-contact", views.Safety.as_view(), name="safe-contact"),
    path("people/<uuid:pk>/consents", views.Consents.as_view(), name="consents"),
    path("people/<uuid:pk>/disclosures", views.Disclosures.as_view(), name="disclosures"),
]
