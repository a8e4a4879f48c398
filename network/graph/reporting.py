"""The report of one revision: every measure, ranked, with the figures, assumptions and limits that belong to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .cohesion import fragmentation_rows, indicators
from .gaps import SHORTAGES, Gap, Kind, Settings, ranked
from .partnerships import Windows
from .resilience import single_point_rows
from .results import Report, TooLittle, Totals
from .snapshot import Snapshot
from .ties import silent_tie_rows

T = TypeVar("T")


def report(snapshot: Snapshot, settings: Settings | None = None) -> Report:
    """Run measures 1, 2, 3, 5, 7 and 8 on a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
    settings : Settings, optional
        The house values; printed with the report.

    Returns
    -------
    Report
        Deterministic: the same snapshot and settings give the same rows in the same order.

    Raises
    ------
    ValueError
        For amounts that are none, or too large to be counted, naming the first bad row.

    Notes
    -----
    Where there is too little to measure the report says so and the measures concerned give no rows: no zones, no partners, no ties,
    or fewer referrals than `Settings.first_picture`. Fragmentation and single points would then name nearly everybody.

    Examples
    --------
    >>> from network.graph.snapshot import Snapshot
    >>> found = report(Snapshot())
    >>> found.gaps, [str(state) for state in found.too_little]
    ((), ['no-zones', 'no-services', 'no-partners', 'no-ties'])
    """
    # Imported here: the flows bring scipy's solvers, which a reader of kept reports never needs.
    from .corners import Corners
    from .losses import organization_losses
    from .shortages import bottleneck_gaps, low_access_gaps, unmet_demand_rows

    rules = settings or Settings()
    clock, windows = _Clock(), Windows(snapshot)
    too_little = _too_little(snapshot, rules)
    rows: list[Gap] = []
    unmet, lacking = (0.0, 0.0, 0.0), None
    losses: list[tuple[int, float, float, float | None]] = []
    if TooLittle.NO_ZONES not in too_little:
        corners = clock("flow", lambda: Corners.of(snapshot, rules))
        unmet = (corners.mild.unmet, corners.point.unmet, corners.harsh.unmet)
        unplaced, lacking = clock(Kind.UNMET_DEMAND, lambda: unmet_demand_rows(snapshot, rules, corners))
        rows += unplaced
        rows += clock(Kind.BOTTLENECK, lambda: bottleneck_gaps(snapshot, rules, corners))
        rows += clock(Kind.LOW_ACCESS, lambda: low_access_gaps(snapshot, rules, corners))
        losses = list(clock("losses", lambda: organization_losses(snapshot, rules, solved=corners.point)))
    if not {TooLittle.NO_TIES, TooLittle.FEW_REFERRALS, TooLittle.NO_PARTNERS} & set(too_little):
        rows += clock(Kind.SINGLE_POINT, lambda: single_point_rows(snapshot, rules, losses, windows))
        rows += clock(Kind.FRAGMENTATION, lambda: fragmentation_rows(snapshot, rules, windows))
        rows += clock(Kind.SILENT_TIE, lambda: silent_tie_rows(snapshot, rules))
    figures = clock("indicators", lambda: indicators(snapshot, windows))
    kept, cut = _foremost(rows, rules.most_rows)
    return Report(
        revision=snapshot.revision,
        simulated=snapshot.simulated,
        shortages=tuple(gap for gap in kept if gap.kind in SHORTAGES),
        frictions=tuple(gap for gap in kept if gap.kind not in SHORTAGES),
        totals=_totals(snapshot, unmet),
        indicators=figures,
        too_little=too_little,
        cut=cut,
        settings=rules,
        seconds=clock.seconds,
        all_unmet=lacking,
    )


class _Clock:
    """CPU seconds by measure."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, what: str, run: Callable[[], T]) -> T:
        begun = time.process_time()
        result = run()
        self.seconds[str(what)] = round(time.process_time() - begun, 6)
        return result


def _too_little(snapshot: Snapshot, settings: Settings) -> tuple[TooLittle, ...]:
    sent = int(snapshot.tie_sent.sum())
    states = (
        (TooLittle.NO_ZONES, len(snapshot.zone_area) == 0),
        (TooLittle.NO_SERVICES, len(snapshot.service_id) == 0),
        (TooLittle.NO_PARTNERS, len(snapshot.org_id) == 0),
        (TooLittle.NO_TIES, sent == 0),
        (TooLittle.FEW_REFERRALS, 0 < sent < settings.first_picture),
    )
    return tuple(state for state, holds in states if holds)


def _foremost(rows: Iterable[Gap], most: int) -> tuple[list[Gap], tuple[str, ...]]:
    """The rows in their order, no more than `most` of one variant, and the variants that were cut."""
    kept: list[Gap] = []
    seen: dict[str, int] = {}
    for gap in ranked(rows):
        name = f"{gap.kind}/{gap.variant}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= most:
            kept.append(gap)
    return kept, tuple(sorted(name for name, count in seen.items() if count >= most))


def _totals(snapshot: Snapshot, unmet: tuple[float, float, float]) -> Totals:
    ended = (snapshot.zone_rejected, snapshot.zone_expired, snapshot.zone_unmatched)
    return Totals(
        partners=len(snapshot.org_id),
        services=len(snapshot.service_id),
        zones=len(snapshot.zone_area),
        agreements=len(snapshot.agreement_from),
        sent=int(snapshot.tie_sent.sum()),
        accepted=int(snapshot.tie_accepted.sum()),
        declined=int(snapshot.tie_declined.sum()),
        expired=int(snapshot.tie_expired.sum()),
        completed=int(snapshot.tie_completed.sum()),
        need=_triple(snapshot.zone_people),
        places=_triple(snapshot.service_places),
        unmet=unmet,
        recorded=int(sum(int(column.sum()) for column in ended)),
    )


def _triple(columns: Any) -> tuple[float, float, float]:
    low, point, high = columns.sum(0).tolist()
    return low, point, high
