"""Counts how referrals ended, for a reader and by one dimension at a time: a fixed number of statements, however many rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, CharField, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Cast, Concat, Substr
from django.utils.translation import gettext as _

from network.core.actor import Actor, ActorKind, Role
from network.core.clock import now
from network.core.errors import NotYours
from network.partners.models import Area, Organization, TaxonomyTerm
from network.referrals.counting import PLACED
from network.referrals.deadlines import FOLLOW_UP_WAITS
from network.referrals.lifecycle import Business, Status
from network.referrals.models import FollowUp, Help, Offer, Outcome, ReachedOutcome, Referral

from .outcomes import End, Line, Tally, lines

MONTHS = 12  # whole ones, and the present one
MOST = 250_000  # referrals of one picture, the newest


class Whose(StrEnum):
    """Which referrals are counted: all, those one's organisation sent or supported, or those one works on oneself."""

    NETWORK = "network"
    ORGANISATION = "organisation"
    OWN = "own"


class By(StrEnum):
    """What the rows of a table are."""

    ORGANISATION = "organisation"
    NEED = "need"
    AREA = "area"
    LANGUAGE = "language"
    MONTH = "month"


# Areas and languages by the numbers that demand is counted under.
KEYS = {By.NEED: "need", By.AREA: "area", By.LANGUAGE: "group", By.MONTH: "month"}
NOBODY, CONFIDENTIAL = "nobody", "confidential"


def may_read(actor: Actor) -> list[Whose]:
    """What the actor may look at, the widest first."""
    found = [Whose.NETWORK] if actor.coordinates else []
    if actor.organization in actor.administers or (actor.kind is ActorKind.APPLICATION and actor.organization is not None):
        found.append(Whose.ORGANISATION)
    if actor.kind is ActorKind.PERSON and any(role in {Role.CASEWORKER, Role.ADMIN} for _, role in actor.roles):
        found.append(Whose.OWN)
    return found


def dimensions(whose: Whose) -> list[By]:
    """One organisation is not compared with others."""
    return [by for by in By if by is not By.ORGANISATION or whose is Whose.NETWORK]


@dataclass(frozen=True, slots=True)
class Named:
    """A row with its name; no id where it has none that may be said."""

    line: Line
    id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that page, API and file say."""

    whose: Whose
    by: By
    since: datetime
    as_of: datetime
    total: Line
    rows: list[Named]
    months: list[Named]


def picture(actor: Actor, whose: Whose, by: By) -> Picture:
    """The figures of the last twelve months and the present one; NotYours where they are about others."""
    if whose not in may_read(actor) or by not in dimensions(whose):
        raise NotYours
    at = now()
    since = _months_before(at, MONTHS)
    counting = Counting(actor, whose, since)
    months = lines(counting.tallies(By.MONTH))
    # Whoever nobody said yes to says nothing of those who did.
    rows = months if by is By.MONTH else lines(counting.tallies(by), aside=NOBODY if by is By.ORGANISATION else "")
    by_month = [Named(line, line.key, line.key) for line in sorted(months[1], key=lambda line: line.key)]
    shown = by_month if by is By.MONTH else _named(rows[1], by)
    return Picture(whose, by, counting.since, at, months[0], shown, by_month)


def _months_before(at: datetime, count: int) -> datetime:
    months = at.year * 12 + at.month - 1 - count
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Counting:
    """The referrals of one reader since a month, and the requests, answers and follow-ups that belong to them: five statements.

    Columns are read once and folded here, since each table wants other groups of the same rows and knows its people apart. Times
    become hours and months, and ids text, in the database: to make objects of them would cost more than all the rest.
    """

    actor: Actor
    whose: Whose
    since: datetime
    referrals: dict[str, Counted] = field(init=False)
    requests: list[Asked] = field(init=False)
    later: list[tuple[str, str, str]] = field(init=False)  # follow-ups and answers to hopes: referral, organisation, part

    def __post_init__(self) -> None:
        base = Referral.objects.counted_for(self.actor, self.whose).filter(sent_at__gte=self.since).exclude(status=Status.ENTERED_IN_ERROR)
        newest = base.order_by("-sent_at").values_list("sent_at", flat=True)[MOST : MOST + 1]
        self.since = next(iter(newest), None) or self.since
        base = base.filter(sent_at__gte=self.since)
        helped_partly = Outcome.objects.filter(help=Help.PARTLY, superseded_at__isnull=True, referral__in=base.values("pk"))
        partly = set(helped_partly.values_list(Digits("referral"), flat=True))
        columns = (Digits("person"), Digits("need"), "area_id", "group_id", Substr(Cast("sent_at", CharField()), 1, 7), END, "counts_as")
        rows = base.annotate(id_text=Digits("pk")).values_list("id_text", *columns)
        self.referrals = {
            pk: Counted(person, need, area, group, month, part, counts_as, pk in partly)
            for pk, person, need, area, group, month, part, counts_as in rows
        }
        asked = Offer.objects.filter(asked_at__isnull=False, referral__in=base.values("pk")).annotate(answered_at=ANSWERED_AT)
        took = Hours(F("answered_at"), F("asked_at"))
        asked_rows = asked.values_list(Digits("referral"), Digits("organization"), ANSWER, took, HELD, BOUNCED)
        # What was sent between the statements is not counted yet.
        self.requests = [Asked(*row) for row in asked_rows if row[0] in self.referrals]
        said = Case(When(answer="", then=Value("over")), default=F("answer"), output_field=CharField())
        part = Concat(Cast("days", CharField()), Value("-"), said, output_field=CharField())
        due = FollowUp.objects.filter(referral__in=base.values("pk"))
        due = due.filter(Q(answered_at__isnull=False) | Q(ended_at__gte=F("due_at") + FOLLOW_UP_WAITS))
        answered = due.values_list(Digits("referral"), Digits("organization"), part)
        hopes = ReachedOutcome.objects.filter(outcome__superseded_at__isnull=True, outcome__referral__in=base.values("pk"))
        reached = hopes.values_list(Digits("outcome__referral"), Digits("outcome__organization"), Concat(Value("hope-"), F("answer")))
        self.later = [row for row in (*answered, *reached) if row[0] in self.referrals]

    def tallies(self, by: By) -> list[Tally]:
        """One for each row that has a case, whatever it may show of them."""
        cells, hours = self._cells(by)
        found: dict[str, Tally] = {}
        for (key, part), people in cells.items():
            row = found.setdefault(key, Tally(key))
            row.counts[part], row.people[part] = len(people), set(people)
        for (key, took), times in hours.items():
            found[key].hours[max(took, 0)] += times
        return _without_confidential(found.values()) if by is By.ORGANISATION else list(found.values())

    def _cells(self, by: By) -> tuple[dict[tuple[str, str], list[str]], Counter[tuple[str, int]]]:
        """By row and part the person of each case, and by row and hours how many answers took so long."""
        is_organisation, referrals = by is By.ORGANISATION, self.referrals
        keys = self._holders() if is_organisation else {pk: _key(getattr(row, KEYS[by])) for pk, row in referrals.items()}
        cells: dict[tuple[str, str], list[str]] = defaultdict(list)
        hours: Counter[tuple[str, int]] = Counter()
        for pk, row in referrals.items():
            cells[keys[pk], row.end].append(row.person)
        for pk in set() if is_organisation else {asked.referral for asked in self.requests if asked.bounced}:
            if reroute := referrals[pk].reroute:
                cells[keys[pk], reroute].append(referrals[pk].person)
        own = _hex(self.actor.organization) if self.whose is not Whose.NETWORK else None
        for asked in self.requests:
            if asked.part and own in {None, asked.organization}:
                key = asked.organization if is_organisation else keys[asked.referral]
                cells[key, asked.part].append(referrals[asked.referral].person)
                if asked.took is not None:
                    hours[key, asked.took] += 1
        for pk, organization, part in self.later:
            cells[organization if is_organisation else keys[pk], part].append(referrals[pk].person)
        return cells, hours

    def _holders(self) -> dict[str, str]:
        """Who said yes to each referral and holds it, or held it to its end."""
        return dict.fromkeys(self.referrals, NOBODY) | {asked.referral: asked.organization for asked in self.requests if asked.holds}


@dataclass(slots=True)
class Counted:
    """A referral as it is counted."""

    person: str
    need: str
    area: int | None
    group: int | None
    month: str
    part: str
    counts_as: str
    is_partly: bool

    @property
    def end(self) -> str:
        return End.PARTLY if self.is_partly and self.part == End.GOT_HELP else self.part

    @property
    def reroute(self) -> str:
        """Of one that somebody said no to, or was silent about: whether somebody said yes in the end, once that is known."""
        if self.counts_as == PLACED:
            return "bounced-placed"
        return "" if self.part == End.OPEN else "bounced-lost"


class Asked(NamedTuple):
    """A request: whose, how it was answered (empty: not yet, or not needed any more), and whether it holds the referral or bounced it."""

    referral: str
    organization: str
    part: str
    took: int | None
    holds: int
    bounced: int


class Digits(Func):
    """An id as its 32 digits: as SQLite keeps it, and without an object made of it."""

    arity = 1
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="replace(CAST(%(expressions)s AS text), '-', '')")


def _key(value: Any) -> str:
    return NOBODY if value is None else str(value)


def _hex(pk: UUID | None) -> str | None:
    return pk.hex if pk else None


class Hours(Func):
    """Whole hours from the second moment to the first.

    By each database's own arithmetic: Django's, on SQLite, is a call of Python for each row.
    """

    arity = 2
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((CAST(strftime('%%%%s', %(later)s) AS INTEGER) - CAST(strftime('%%%%s', %(sooner)s) AS INTEGER)) / 3600)"
        return self._said(compiler, template)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self._said(compiler, "CAST(FLOOR(EXTRACT(EPOCH FROM (%(later)s - %(sooner)s)) / 3600) AS integer)")

    def _said(self, compiler: Any, template: str) -> Any:
        later, sooner = (compiler.compile(part) for part in self.get_source_expressions())
        return template % {"later": later[0], "sooner": sooner[0]}, (*later[1], *sooner[1])


def _whether(condition: Q) -> Case:
    """1 or 0: a truth would be made an object of, row by row."""
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


END = Case(
    When(status=Status.COMPLETED, business_status=Business.REFERRED_ON, then=Value(End.REFERRED_ON.value)),
    When(status=Status.COMPLETED, then=Value(End.GOT_HELP.value)),
    When(status=Status.FAILED, business_status=Business.NO_OUTCOME_RECORDED, then=Value(End.MISSING.value)),
    When(status=Status.FAILED, reason__code="not-reached", then=Value(End.NOT_REACHED.value)),
    When(status=Status.FAILED, then=Value(End.OTHER_END.value)),
    When(status=Status.REJECTED, then=Value(End.GIVEN_UP.value)),
    When(status=Status.CANCELLED, then=Value(End.STOPPED.value)),
    default=Value(End.OPEN.value),
    output_field=CharField(),
)
SAID_NO = Q(status=Status.REJECTED, business_status__in=[Business.DECLINED, Business.FORWARDED])
ANSWERED_AT = Case(When(accepted_at__isnull=False, then=F("accepted_at")), When(SAID_NO, then=F("ended_at")))
ANSWER = Case(
    When(answered_at__lte=F("respond_by"), then=Value("in-time")),
    When(answered_at__isnull=False, then=Value("late")),
    When(status=Status.REJECTED, business_status=Business.NO_RESPONSE, then=Value("silent")),
    default=Value(""),
    output_field=CharField(),
)
BOUNCED = _whether(Q(status=Status.REJECTED, business_status__in=[Business.DECLINED, Business.NO_RESPONSE, Business.FORWARDED]))
HELD = _whether(Q(accepted_at__isnull=False) & (Q(status=Status.ACCEPTED) | Q(business_status=Business.CLOSED)))


def _without_confidential(rows: Iterable[Tally]) -> list[Tally]:
    """Victim services are one row, and have no name."""
    hidden = {pk.hex for pk in Organization.objects.filter(is_victim_service=True).values_list("pk", flat=True)}
    kept, folded = [], Tally(CONFIDENTIAL)
    for row in rows:
        if row.key in hidden:
            folded.add(row)
        else:
            kept.append(row)
    return [*kept, folded] if folded.counts else kept


def _named(rows: Iterable[Line], by: By) -> list[Named]:
    """Rows with their names, the most cases first."""
    nobody = _("Nobody said yes") if by is By.ORGANISATION else _("Not known")
    found: dict[str, tuple[str | None, str]] = {NOBODY: (None, nobody), CONFIDENTIAL: (None, _("Confidential services"))}
    keys: list[Any] = [row.key for row in rows if row.key not in found]
    match by:
        case By.ORGANISATION:
            found |= {pk.hex: (str(pk), name) for pk, name in Organization.objects.filter(pk__in=keys).values_list("pk", "name")}
        case By.NEED:
            needs = TaxonomyTerm.objects.filter(pk__in=keys).values_list("pk", "code", "label")
            found |= {pk.hex: (code, label) for pk, code, label in needs}
        case By.AREA:
            found |= {str(n): (str(pk), name) for n, pk, name in Area.objects.filter(number__in=keys).values_list("number", "pk", "name")}
        case By.LANGUAGE:
            terms = TaxonomyTerm.objects.filter(number__in=keys).values_list("number", "code", "label")
            found |= {str(number): (code, label) for number, code, label in terms}
    named = [Named(row, *found[row.key]) for row in rows]
    return sorted(named, key=lambda row: (-(row.line.sent or 0), row.name))
