"""Routes of the directory, of agreements, and of who joins."""

from django.urls import path

from . import views

urlpatterns = [
    path("organizations", views.Organizations.as_view(), name="organizations"),
    path("organizations/<uuid:pk>", views.OneOrganization.as_view(), name="organization"),
    path("organizations/<uuid:pk>/hours", views.Hours.as_view(), name="organization-hours"),
    path("services", views.Services.as_view(), name="services"),
    path("services/<uuid:pk>", views.OneService.as_view(), name="service"),
    path("capacity", views.Capacity.as_view(), name="capacity"),
    path("locations", views.Locations.as_view(), name="locations"),
    path("locations/<uuid:pk>", views.OneLocation.as_view(), name="location"),
    path("agreements", views.Agreements.as_view(), name="agreements"),
    path("agreements/<uuid:pk>", views.OneAgreement.as_view(), name="agreement"),
    path("agreements/<uuid:pk>/end", views.EndAgreement.as_view(), name="agreement-end"),
    path("places", views.Places.as_view(), name="places"),
    path("areas", views.Areas.as_view(), name="areas"),
    path("areas/shapes", views.AreaShapes.as_view(), name="area-shapes"),
    path("areas/<uuid:pk>", views.OneArea.as_view(), name="area"),
    path("taxonomy", views.Terms.as_view(), name="taxonomy"),
    path("crisis-lines", views.CrisisLines.as_view(), name="crisis-lines"),
    path("claims", views.Claims.as_view(), name="claims"),
    path("claims/<uuid:pk>", views.OneClaim.as_view(), name="claim"),
    path("claims/<uuid:pk>/approve", views.DecideClaim.as_view(approve=True), name="claim-approve"),
    path("claims/<uuid:pk>/refuse", views.DecideClaim.as_view(approve=False), name="claim-refuse"),
]
