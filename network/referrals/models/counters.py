"""Counters of who sends what to whom, and of who asks for what where: moved with each move, made again by `rebuild_ties`."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Func, GeneratedField, Index, Q, TextField, UniqueConstraint, Value
from django.db.models.lookups import Exact


def never_below_zero(name: str, columns: tuple[str, ...]) -> CheckConstraint:
    """A counter that would fall below zero has lost count: the move that finds it fails, instead of a report that lies."""
    return CheckConstraint(name=name, condition=Q(**{f"{column}__gte": 0 for column in columns}))


class PackedField(models.Field[bytes | str, bytes | str]):
    """Bytes on PostgreSQL; on SQLite, which makes no bytes of numbers before 3.41, their hexadecimal digits."""

    def db_type(self, connection: Any) -> str:
        return "bytea" if connection.vendor == "postgresql" else "text"


class Packed(Func):
    """Columns of whole numbers one after the other, each in its width in bytes: 4 or 8."""

    output_field = PackedField()

    def __init__(self, *columns: Any, widths: tuple[int, ...]) -> None:
        super().__init__(*columns)
        self.widths = widths

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        form = Value("".join(f"%0{2 * width}x" for width in self.widths), output_field=TextField())
        printed = Func(form, *self.get_source_expressions(), function="printf", output_field=self.output_field)
        return printed.as_sql(compiler, connection, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        columns = zip(self.get_source_expressions(), self.widths, strict=True)
        parts = [compiler.compile(Func(column, template=f"int{width}send(%(expressions)s)")) for column, width in columns]
        return " || ".join(sql for sql, _ in parts), [each for _, params in parts for each in params]


class Digits(Func):
    """Hexadecimal digits of what is packed: two a byte."""

    function = "length"
    output_field = models.IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(2 * length(%(expressions)s))", **context)


class Offered(models.Model):
    """Offers by what became of them; keyed by numbers, so that a report reads columns of integers."""

    id = models.BigAutoField(primary_key=True)
    sender = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False)
    receiver = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False)
    need = models.ForeignKey("partners.TaxonomyTerm", on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False)
    sent = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0, help_text="Said yes to, and not taken back.")
    declined = models.IntegerField(default=0, help_text="Declined or forwarded.")
    expired = models.IntegerField(default=0)
    completed = models.IntegerField(default=0)
    silent = models.IntegerField(default=0, help_text="Accepted, no outcome, and nothing said for 60 days.")
    days_0 = models.IntegerField(
        default=0, help_text="Answered on the first day; the next columns: after 1, 2, 3-4, 5-7, 8-14, 15-30, more."
    )
    days_1 = models.IntegerField(default=0)
    days_2 = models.IntegerField(default=0)
    days_3 = models.IntegerField(default=0)
    days_4 = models.IntegerField(default=0)
    days_5 = models.IntegerField(default=0)
    days_6 = models.IntegerField(default=0)
    days_7 = models.IntegerField(default=0)

    class Meta:
        abstract = True


COLUMNS = (
    "sent", "accepted", "declined", "expired", "completed", "silent", "days_0", "days_1", "days_2", "days_3", "days_4", "days_5", "days_6",
    "days_7",
)  # fmt: skip


KEY = ("sender", "receiver", "need")
# What a report reads of a tie, with the bytes of each: keys have 64 bits, counts 32. Without the days to an answer: who reads them asks
# for a partner's, which SQL adds up over its ties.
READ = dict.fromkeys(KEY, 8) | dict.fromkeys(("sent", "accepted", "declined", "expired", "completed", "silent", "recent"), 4)


class Tie(Offered):
    """All offers of one need from one organisation to another in the standard window of 365 days."""

    recent = models.IntegerField(default=0, help_text="Accepted, of the offers made in the last 90 days.")
    # Kept by the database itself, so that a report takes a row as it lies there, instead of ten numbers that become text one by one.
    packed = GeneratedField(expression=Packed(*READ, widths=tuple(READ.values())), output_field=PackedField(), db_persist=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["sender", "receiver", "need"], name="tie_once"),
            never_below_zero("tie_never_below_zero", (*COLUMNS, "recent")),
            CheckConstraint(name="tie_packed_in_width", condition=Exact(Digits("packed"), 2 * sum(READ.values()))),
        ]
        # Who sends to this organisation; whom it sends to is the key's own beginning.
        indexes = [Index(name="tie_of_receiver", fields=["receiver"])]

    def __str__(self) -> str:
        return f"{self.sender_id} → {self.receiver_id}"


class TieDay(Offered):
    """The same of one day, the day the offers were made; kept, so that other windows can be summed."""

    day = models.DateField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["sender", "receiver", "need", "day"], name="tie_day_once"),
            never_below_zero("tie_day_never_below_zero", COLUMNS),
        ]
        # The day that leaves the window.
        indexes = [Index(name="tie_day_by_day", fields=["day"])]

    def __str__(self) -> str:
        return f"{self.sender_id} → {self.receiver_id}, {self.day}"


class DemandDay(models.Model):
    """People who asked for one need from one area on one day, by the first language they asked for, and what became of them."""

    id = models.BigAutoField(primary_key=True)
    area = models.ForeignKey(
        "partners.Area",
        null=True,
        on_delete=models.PROTECT,
        to_field="number",
        related_name="+",
        db_index=False,
        help_text="Empty: not known.",
    )
    need = models.ForeignKey("partners.TaxonomyTerm", on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False)
    group = models.ForeignKey(
        "partners.TaxonomyTerm", on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False,
        help_text="Term of the scheme `language`; `und` where none was said.",
    )  # fmt: skip
    day = models.DateField()
    asked = models.IntegerField(default=0)
    placed = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    expired = models.IntegerField(default=0)
    unmatched = models.IntegerField(default=0, help_text="Searches without a result: of anonymous people, so an upper bound.")

    class Meta:
        constraints = [
            # Two, because two rows without an area are different ones to a database.
            UniqueConstraint(fields=["area", "need", "group", "day"], condition=Q(area__isnull=False), name="demand_day_once"),
            UniqueConstraint(fields=["need", "group", "day"], condition=Q(area__isnull=True), name="demand_day_once_without_area"),
            never_below_zero("demand_day_never_below_zero", ("asked", "placed", "rejected", "expired", "unmatched")),
        ]
        # A window of days.
        indexes = [Index(name="demand_day_by_day", fields=["day"])]

    def __str__(self) -> str:
        return f"{self.need_id} {self.day}"
