"""The API of the directory, of agreements, and of who joins."""

from .agreements import Agreements, EndAgreement, OneAgreement
from .areas import Areas, AreaShapes, OneArea
from .claims import Claims, DecideClaim, OneClaim
from .locations import Locations, OneLocation, Places
from .organizations import Hours, OneOrganization, Organizations
from .reference import CrisisLines, Terms
from .services import Capacity, OneService, Services

__all__ = [
    "Agreements",
    "AreaShapes",
    "Areas",
    "Capacity",
    "Claims",
    "CrisisLines",
    "DecideClaim",
    "EndAgreement",
    "Hours",
    "Locations",
    "OneAgreement",
    "OneArea",
    "OneClaim",
    "OneLocation",
    "OneOrganization",
    "OneService",
    "Organizations",
    "Places",
    "Services",
    "Terms",
]
