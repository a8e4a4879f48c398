"""Makes the counters again from referrals and offers, by statements over sets: after a bulk history, an import of areas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Case, Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDate

from network.core.clock import now

from .counting import (
    ASKED,
    BELOW,
    COUNTS,
    DAYS,
    EXPIRED,
    NOT_COUNTED,
    OFFERED,
    PLACED,
    RECENT,
    REJECTED,
    WINDOW,
    Request,
    demand_of,
)  # fmt: skip
from .lifecycle import Business, Status
from .ties import BEAT, ENDED_SILENT, is_quiet, midnight, undetermined

BATCH = 2000


@transaction.atomic
def rebuild(registry: Any = apps) -> None:
    """Count everything again, as of today. `registry` gives the models, or their stand-ins of a migration.

    Moves wait until it is done: the first statement of each takes its referral.
    """
    at = now()
    models = {name: registry.get_model("referrals", name) for name in ("Referral", "Offer", "RecordedGap", "Tie", "TieDay", "DemandDay")}
    _hold(models["Referral"], models["RecordedGap"])
    _settle_silence(models["Offer"], at)
    _settle_where(models["Referral"], registry.get_model("partners", "TaxonomyTerm"), registry.get_model("partners", "Place"))
    _settle_as_what(models["Referral"], models["Offer"])
    # The window after the offers: whoever hears silence takes them in that order.
    registry.get_model("core", "Beat").objects.update_or_create(name=BEAT, defaults={"at": midnight(at.date())})
    counters = [models[name].objects for name in ("Tie", "TieDay", "DemandDay")]
    was_counted = sum(rows.all().delete()[0] for rows in counters)
    _insert(models["TieDay"], tie_days(models["Offer"]))
    _insert(models["Tie"], ties(models["TieDay"], at.date()))
    rows = demand_days(models["Referral"], models["RecordedGap"])
    models["DemandDay"].objects.bulk_create((models["DemandDay"](**row) for row in rows), batch_size=BATCH)
    if was_counted or any(rows.exists() for rows in counters):
        # One stripe is enough, their sum is the revision; where nothing is or was counted, no report has changed.
        registry.get_model("partners", "Revision").objects.filter(stripe=0).update(n=F("n") + 1)


def _hold(*models: type[Model]) -> None:
    """SQLite has one writer already."""
    if connection.vendor == "postgresql":
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)  # noqa: SLF001
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")


# -- offers ------------------------------------------------------------------------------------------------------------------


def _settle_silence(offers: Any, at: datetime) -> None:
    silent = offers.objects.filter(Q(is_quiet(at), status=Status.ACCEPTED) | ENDED_SILENT)
    offers.objects.filter(is_silent=True).exclude(pk__in=silent.values("pk")).update(is_silent=False)
    offers.objects.filter(is_silent=False, pk__in=silent.values("pk")).update(is_silent=True)


def tie_days(offers: Any) -> QuerySet[Any, Any]:
    """Offers grouped by sender, receiver, need and day: what TieDay must hold."""
    accepted = Q(accepted_at__isnull=False) & ~Q(business_status=Business.UNACCEPTED)
    became: dict[str, Q] = {}
    for at, name in COUNTS.items():
        became[name] = became.get(name, Q(pk__in=[])) | Q(status=at.status, business_status=at.business)
    answered = Case(When(accepted_at__isnull=False, then=F("accepted_at")), When(became["declined"], then=F("ended_at")))
    counted = {
        "sent": Count("pk"),
        "accepted": Count("pk", filter=accepted),
        **{name: Count("pk", filter=where) for name, where in became.items()},
        "silent": Count("pk", filter=Q(is_silent=True)),
        **{name: Count("pk", filter=within) for name, within in zip(DAYS, _within(), strict=True)},
    }
    rows = offers.objects.filter(asked_at__isnull=False).exclude(referral__status=Status.ENTERED_IN_ERROR)
    rows = rows.annotate(
        sender_id=F("referral__sender__number"), receiver_id=F("organization__number"), need_id=F("referral__need__number"),
        day=TruncDate("asked_at", tzinfo=UTC), took=answered - F("asked_at"),
    )  # fmt: skip
    found: QuerySet[Any, Any] = rows.values("sender_id", "receiver_id", "need_id", "day").annotate(
        **{name: counted[name] for name in OFFERED}
    )
    return found


def _within() -> Iterator[Q]:
    """The bounds of each column of the histogram."""
    for low, high in zip((None, *BELOW), (*BELOW, None), strict=True):
        within = Q(took__isnull=False)
        if low is not None:
            within &= Q(took__gte=timedelta(days=low))
        if high is not None:
            within &= Q(took__lt=timedelta(days=high))
        yield within


def ties(days: Any, last: date) -> QuerySet[Any, Any]:
    """The days of the window that ends with `last`, summed: what Tie must hold. A tie that left the window stays, as zeros."""
    inside = Q(day__gt=last - timedelta(days=WINDOW))
    sums = {name: Coalesce(Sum(name, filter=inside), 0) for name in OFFERED}
    recent = Coalesce(Sum("accepted", filter=Q(day__gt=last - timedelta(days=RECENT))), 0)
    rows = days.objects.values("sender_id", "receiver_id", "need_id").order_by()
    found: QuerySet[Any, Any] = rows.annotate(**{f"sum_{name}": total for name, total in sums.items()}, recent=recent)
    return found


def _insert(model: type[Model], rows: QuerySet[Any, Any]) -> None:
    """Insert what a query finds, without carrying the rows through Python."""
    names = [name.removeprefix("sum_") for name in _names(rows)]
    columns = ", ".join(connection.ops.quote_name(name) for name in names)
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({columns}) {sql}", parameters)  # noqa: SLF001


def _names(rows: QuerySet[Any, Any]) -> list[str]:
    """The columns of a query in the order it selects them."""
    compiler = rows.query.get_compiler(connection=connection)
    compiler.pre_sql_setup()
    chosen = {position: name for name, position in (compiler.annotation_col_map or {}).items()}
    plain = {position: column.target.column for position, (column, _, _) in enumerate(compiler.select) if position not in chosen}
    merged = chosen | plain
    return [merged[position] for position in sorted(merged)]


# -- demand ------------------------------------------------------------------------------------------------------------------


def _settle_where(referrals: Any, terms: Any, places: Any) -> None:
    """Each sent referral's area and group, as if it were sent now."""
    sent = referrals.objects.filter(sent_at__isnull=False)
    area = places.objects.filter(pk=OuterRef("place")).values("area__number")[:1]
    sent.update(area_id=Subquery(area), group_id=undetermined(terms))
    for code, number in terms.objects.filter(scheme="language").values_list("code", "number"):
        sent.filter(languages__0=code).update(group_id=number)


def _settle_as_what(referrals: Any, offers: Any) -> None:
    asked = offers.objects.filter(referral=OuterRef("pk"), asked_at__isnull=False)
    accepted = asked.filter(accepted_at__isnull=False).exclude(business_status=Business.UNACCEPTED)
    last = asked.filter(ended_at__isnull=False).order_by("-ended_at", "-position").values("business_status")[:1]
    referrals.objects.filter(sent_at__isnull=True).exclude(counts_as=NOT_COUNTED).update(counts_as=NOT_COUNTED)
    rows = referrals.objects.filter(sent_at__isnull=False).annotate(last=Subquery(last))
    rows.update(
        counts_as=Case(
            When(status__in=[Status.DRAFT, Status.ENTERED_IN_ERROR], then=Value(NOT_COUNTED)),
            When(Exists(accepted), then=Value(PLACED)),
            When(status=Status.CANCELLED, then=Value(NOT_COUNTED)),
            When(status=Status.REJECTED, last=Business.NO_RESPONSE, then=Value(EXPIRED)),
            When(status=Status.REJECTED, then=Value(REJECTED)),
            default=Value(ASKED),
        )
    )


def demand_days(referrals: Any, gaps: Any) -> Iterator[dict[str, Any]]:
    """What DemandDay must hold: requests a person at a time, and searches."""
    columns = ("person", "need", "sent_at", "pk", "counts_as", "area_id", "need__number", "group_id")
    rows = referrals.objects.exclude(counts_as=NOT_COUNTED).order_by("person", "need", "sent_at", "pk").values_list(*columns)
    found: dict[tuple[Any, ...], Counter[str]] = {}
    for _, of_one in groupby(rows.iterator(BATCH), key=itemgetter(0, 1)):
        requests = [Request(at, pk, as_what, (area, need, group)) for _, _, at, pk, as_what, area, need, group in of_one]
        for (where, day, counter), by in demand_of(requests).items():
            found.setdefault((*where, day), Counter())[counter] += by
    searches = gaps.objects.filter(group__isnull=False).annotate(day=TruncDate("at", tzinfo=UTC))
    for *key, by in searches.values_list("place__area__number", "need__number", "group_id", "day").annotate(Count("pk")).order_by():
        found.setdefault(tuple(key), Counter())["unmatched"] += by
    for (area, need, group, day), counters in found.items():
        yield {"area_id": area, "need_id": need, "group_id": group, "day": day, **counters}
