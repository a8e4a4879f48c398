"""The directory and the network's standing facts, by HSDS names; one module a topic, all names importable from here."""

from .agreements import Agreement, AnswerTime, CrisisLine
from .areas import Area, AreaFigure, AreaMap, AreaQuerySet, Revision
from .imports import ImportProblem, ImportRun
from .organizations import Organization, OrganizationQuerySet
from .places import Holiday, Location, Place, Schedule
from .services import Language, Phone, Service, ServiceAtLocation, ServiceCapacity, ServiceQuerySet, ServiceTerm
from .terms import TaxonomyTerm

__all__ = [
    "Agreement", "AnswerTime", "Area", "AreaFigure", "AreaMap", "AreaQuerySet", "CrisisLine", "Holiday", "ImportProblem", "ImportRun",
    "Language", "Location", "Organization", "OrganizationQuerySet", "Phone", "Place", "Revision", "Schedule", "Service",
    "ServiceAtLocation", "ServiceCapacity", "ServiceQuerySet", "ServiceTerm", "TaxonomyTerm",
]  # fmt: skip
