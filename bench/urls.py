"""All routes of the product, and a minimal one: sign-in, one indexed query, a small answer."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from network.accounts.models import User


def one(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"name": User.objects.values_list("name", flat=True).order_by("pk").first()})


urlpatterns = [path("bench/one", one), path("", include("network.urls"))]
handler404 = "frontend.views.errors.not_found"
