"""All routes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from oauth2_provider.views import TokenView

from network.core import probes
from network.core.operator import SITE

api = [
    path("", include("network.core.urls")),
    path("", include("network.accounts.urls")),
    path("", include("network.partners.urls")),
    path("", include("network.people.urls")),
    path("", include("network.referrals.urls")),
    path("", include("network.graph.urls")),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("api/v1/", include((api, "api"))),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("o/token", TokenView.as_view(), name="token"),
    path("accounts/", include("allauth.urls")),
    path("admin/", SITE.urls),
    path("", include("frontend.urls")),
]
handler400 = "frontend.views.errors.bad_request"
handler403 = "frontend.views.errors.forbidden"
handler404 = "frontend.views.errors.not_found"
handler500 = "frontend.views.errors.server_error"
