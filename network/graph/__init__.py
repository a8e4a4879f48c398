"""Gap analysis: what the partners' community lacks. Pure functions only; Django's parts of the package are imported by Django alone.

Names are looked up when they are first used: a web process that only serves finished reports never loads scipy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access import access_scores as access_scores
    from .access import weighted_median as weighted_median
    from .access import weights_of as weights_of
    from .advice import action_sentence as action_sentence
    from .capacity import Capacities as Capacities
    from .capacity import capacity_of as capacity_of
    from .capacity import clinician_capacity as clinician_capacity
    from .capacity import wait_days as wait_days
    from .cohesion import centralization as centralization
    from .cohesion import components as components
    from .cohesion import core_numbers as core_numbers
    from .cohesion import fragmentation_rows as fragmentation_rows
    from .cohesion import indicators as indicators
    from .explain import sentence as sentence
    from .flow import Bottleneck as Bottleneck
    from .flow import Solved as Solved
    from .flow import bottlenecks as bottlenecks
    from .flow import loss as loss
    from .flow import loss_bounds as loss_bounds
    from .flow import placed_range as placed_range
    from .flow import unmet_demand as unmet_demand
    from .gaps import Gap as Gap
    from .gaps import Settings as Settings
    from .gaps import ranked as ranked
    from .grounds import evidence_sentence as evidence_sentence
    from .losses import organization_losses as organization_losses
    from .need import Needs as Needs
    from .need import adults as adults
    from .need import modelled as modelled
    from .need import need_of as need_of
    from .outcomes import Difference as Difference
    from .outcomes import Line as Line
    from .outcomes import Share as Share
    from .outcomes import Tally as Tally
    from .outcomes import difference as difference
    from .outcomes import lines as lines
    from .outcomes import median_of as median_of
    from .outcomes import share_of as share_of
    from .partnerships import Pairs as Pairs
    from .privacy import Table as Table
    from .privacy import published as published
    from .privacy import suppressed as suppressed
    from .privacy import tables as tables
    from .reporting import report as report
    from .resilience import Resilience as Resilience
    from .resilience import SinglePoint as SinglePoint
    from .resilience import SingleTie as SingleTie
    from .resilience import bridges as bridges
    from .resilience import single_point_rows as single_point_rows
    from .resilience import single_points as single_points
    from .results import Indicators as Indicators
    from .results import Report as Report
    from .results import TooLittle as TooLittle
    from .results import Totals as Totals
    from .shares import Prior as Prior
    from .shares import prior_of as prior_of
    from .shares import share_intervals as share_intervals
    from .shares import shrunk_share as shrunk_share
    from .shares import wilson as wilson
    from .shortages import bottleneck_gaps as bottleneck_gaps
    from .shortages import low_access_gaps as low_access_gaps
    from .shortages import shortage_rows as shortage_rows
    from .shortages import unmet_demand_gaps as unmet_demand_gaps
    from .snapshot import Layer as Layer
    from .snapshot import Mode as Mode
    from .snapshot import Snapshot as Snapshot
    from .ties import reciprocity as reciprocity
    from .ties import silent_tie_rows as silent_tie_rows

PUBLIC = {
    "access": ("access_scores", "weighted_median", "weights_of"),
    "advice": ("action_sentence",),
    "capacity": ("Capacities", "capacity_of", "clinician_capacity", "wait_days"),
    "cohesion": ("centralization", "components", "core_numbers", "fragmentation_rows", "indicators"),
    "explain": ("sentence",),
    "flow": ("Bottleneck", "Solved", "bottlenecks", "loss", "loss_bounds", "placed_range", "unmet_demand"),
    "gaps": ("Gap", "Settings", "ranked"),
    "grounds": ("evidence_sentence",),
    "losses": ("organization_losses",),
    "need": ("Needs", "adults", "modelled", "need_of"),
    "outcomes": ("Difference", "Line", "Share", "Tally", "difference", "lines", "median_of", "share_of"),
    "partnerships": ("Pairs",),
    "privacy": ("Table", "published", "suppressed", "tables"),
    "reporting": ("report",),
    "resilience": ("Resilience", "SinglePoint", "SingleTie", "bridges", "single_point_rows", "single_points"),
    "results": ("Indicators", "Report", "TooLittle", "Totals"),
    "shares": ("Prior", "prior_of", "share_intervals", "shrunk_share", "wilson"),
    "shortages": ("bottleneck_gaps", "low_access_gaps", "shortage_rows", "unmet_demand_gaps"),
    "snapshot": ("Layer", "Mode", "Snapshot"),
    "ties": ("reciprocity", "silent_tie_rows"),
}
HOME = {name: module for module, names in PUBLIC.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(HOME)
