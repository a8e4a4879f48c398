"""What ranking costs: 10,000 services on arrays, against the plain loop over the same rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from network.referrals.matching import Want, rank
from tests.referrals.plain_matching import columns_of, rank_plainly, some_services

SERVICES = 10_000
WANT = Want(
    needs=("housing-support",), languages=("ar", "es"), access=("step-free", "evenings"), populations=("veterans",), age_band="25-64",
    at=(45.0, -116.0), within_km=50.0, urgency="soon", day=740_000,
)  # fmt: skip


def ranking() -> dict[str, Any]:
    """CPU milliseconds of both (medians) and their ratio; both give the same order."""
    services = some_services(SERVICES, seed=7)
    columns = columns_of(services)
    found = rank(columns, WANT)
    if (found.fits.tolist(), found.near.tolist()) != rank_plainly(services, WANT):
        raise AssertionError("the arrays and the plain loop disagree")
    arrays = _cpu_ms(lambda: rank(columns, WANT), 30)
    loop = _cpu_ms(lambda: rank_plainly(services, WANT), 5)
    return {"services": SERVICES, "fit": len(found.fits), "arrays_cpu_ms": arrays, "plain_loop_cpu_ms": loop, "ratio": loop / arrays}


def _cpu_ms(work: Callable[[], Any], times: int) -> float:
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(spent)


if __name__ == "__main__":
    print({name: round(value, 2) for name, value in ranking().items()})
