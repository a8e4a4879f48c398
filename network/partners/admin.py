"""Django's admin, for the operator: reference data alone. People, referrals and what organisations say are not here."""

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet

from network.core.operator import SITE

from .crisis_lines import write_soon
from .models import Area, AreaFigure, CrisisLine, ImportProblem, ImportRun, Place, TaxonomyTerm
from .revision import bump
from .within import area_at


@admin.register(CrisisLine, site=SITE)
class CrisisLineAdmin(admin.ModelAdmin[CrisisLine]):
    list_display = ("name", "region", "phone", "text_number", "hours", "position")
    list_filter = ("region",)

    def save_model(self, request: object, obj: CrisisLine, form: object, change: bool) -> None:
        """What the page shows is written anew as soon as the change stands."""
        obj.save()
        write_soon()

    def delete_model(self, request: object, obj: CrisisLine) -> None:
        obj.delete()
        write_soon()

    def delete_queryset(self, request: object, queryset: QuerySet[CrisisLine]) -> None:
        queryset.delete()
        write_soon()


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
    list_display = ("name", "region", "country", "latitude", "longitude", "area")
    list_select_related = ("area",)
    search_fields = ("name",)
    readonly_fields = ("area",)

    def save_model(self, request: object, obj: Place, form: object, change: bool) -> None:
        """A town lies where its point is; nobody chooses its area."""
        with transaction.atomic():
            obj.area_id = area_at(obj.latitude, obj.longitude)
            obj.save()
            bump(obj.pk)


@admin.register(Area, site=SITE)
class AreaAdmin(admin.ModelAdmin[Area]):
    list_display = ("name", "region", "code", "population", "source", "is_simulated")
    list_filter = ("is_simulated", "region")
    search_fields = ("name", "code")
    exclude = ("polygon", "fingerprint")

    def has_add_permission(self, request: object) -> bool:
        """Areas come from `import_areas`."""
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(AreaFigure, site=SITE)
class AreaFigureAdmin(admin.ModelAdmin[AreaFigure]):
    list_display = ("area", "figure", "value", "low", "high", "source", "years")
    list_select_related = ("area",)
    list_filter = ("figure", "source")
    search_fields = ("area__name", "area__code")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


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
