"""Django's admin, for the operator: the coded reasons, and nothing of a referral."""

from django.contrib import admin

from network.core.operator import SITE

from .models import ReasonCode


@admin.register(ReasonCode, site=SITE)
class ReasonCodeAdmin(admin.ModelAdmin[ReasonCode]):
    list_display = ("verb", "code", "label", "comment_required", "effective_from", "effective_to")
    list_filter = ("verb",)

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """A reason is closed by its last day; what was given stays readable."""
        return False
