"""Django's admin, for the operator: reference data alone. People, referrals and what organisations say are not here."""

from django.contrib import admin

from network.core.operator import SITE

from .models import CrisisLine, ImportProblem, ImportRun, Place, TaxonomyTerm


@admin.register(CrisisLine, site=SITE)
class CrisisLineAdmin(admin.ModelAdmin[CrisisLine]):
    list_display = ("name", "region", "phone", "text_number", "hours", "position")
    list_filter = ("region",)


@admin.register(TaxonomyTerm, site=SITE)
class TaxonomyTermAdmin(admin.ModelAdmin[TaxonomyTerm]):
    list_display = ("label", "scheme", "code", "domain", "retired_at")
    list_filter = ("scheme", "domain")
    search_fields = ("label", "code")

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """A term is retired, never deleted."""
        return False


@admin.register(Place, site=SITE)
class PlaceAdmin(admin.ModelAdmin[Place]):
    list_display = ("name", "region", "country", "latitude", "longitude")
    search_fields = ("name",)


@admin.register(ImportRun, site=SITE)
class ImportRunAdmin(admin.ModelAdmin[ImportRun]):
    list_display = ("source", "format", "started_at", "finished_at", "rows", "inserted", "updated", "failed")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(ImportProblem, site=SITE)
class ImportProblemAdmin(admin.ModelAdmin[ImportProblem]):
    list_display = ("run", "file", "line", "reason", "is_hint")
    list_filter = ("is_hint", "run__source")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
