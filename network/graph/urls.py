"""Routes of the gap analysis."""

from django.urls import path

from . import outcome_views, views

urlpatterns = [
    path("outcomes", outcome_views.Outcomes.as_view(), name="outcomes-api"),
    path("outcomes.csv", outcome_views.OutcomesFile.as_view(), name="outcomes-csv"),
    path("graph/report", views.ReportHead.as_view(), name="graph-report"),
    path("graph/gaps", views.Gaps.as_view(), name="graph-gaps"),
    path("graph/gaps/<slug:gap>", views.OneGap.as_view(), name="graph-gap"),
    path("graph/partners/<uuid:pk>", views.OnePartner.as_view(), name="graph-partner"),
    path("graph/layers", views.Layers.as_view(), name="graph-layers"),
    *(path(f"graph/export.{form}", views.export_view(form).as_view(), name=f"graph-export-{form}") for form in views.Export.types),
]
