"""The 24 areas of the demo region: one around each town, with borders that neighbours share exactly, and figures that are made up."""

from __future__ import annotations

from random import Random
from uuid import UUID

from shapely.geometry import Polygon

from network.partners.area_map import draw
from network.partners.models import Area, AreaFigure
from network.partners.within import link

from .words import CENTRE, TOWNS

Point = tuple[float, float]
SOUTH, NORTH, WEST, EAST = -0.66, 0.69, -0.54, 0.52  # the county's edges, in degrees from its middle
DECIMALS = 4
BEND = 0.09  # how far a border bends aside, as a share of its length
SIMULATED = "Simulated"
# figure, lowest and highest value, and half of its range, if it has one
FIGURES: tuple[tuple[str, float, float, float | None], ...] = (
    ("distress", 11.0, 19.0, 1.4), ("under-18", 17.0, 28.0, None), ("over-65", 12.0, 26.0, None), ("limited-english", 0.3, 9.0, None),
    ("hispanic", 3.0, 30.0, None), ("poverty", 8.0, 24.0, None), ("no-vehicle", 2.0, 9.0, None), ("uninsured", 7.0, 21.0, None),
)  # fmt: skip
INHABITANTS = {
    "Northside": 7_800, "Southgate": 5_600, "Harbour": 4_900, "Eastfield": 3_900, "Westmoor": 3_400, "Old Mill": 1_500, "Cedar Flat": 1_200,
    "Long Valley": 1_700, "Bridgeton": 1_600, "Ferry Point": 1_100, "High Prairie": 900, "Lakeside": 1_500, "Stonebridge": 1_000,
    "Quarry Hill": 900, "Willow Creek": 800, "Pine Ridge": 700, "Sandy Bend": 700, "Orchard": 1_100, "Meadow": 900, "Riverside": 1_300,
    "Upper Fork": 500, "Dry Wells": 2_400, "Clear Springs": 900, "Junction": 800,
}  # fmt: skip
CITY = 3_000  # from so many people on clinicians have settled there, and the drive is short


def load(seed: int) -> None:
    """Write the areas and let every town and public location find its own; the same seed gives the same areas."""
    random = Random(f"areas {seed}")
    areas, figures = [], []
    for number, (name, north, east) in enumerate(TOWNS, 1):
        ring = cell(number - 1)
        west, south, east_end, north_end = Polygon(ring).bounds
        people = INHABITANTS[name]
        area = Area(
            id=UUID(int=random.getrandbits(128), version=4), number=random.getrandbits(52), code=f"demo-{number:02}", name=name,
            region="Demo County", polygon=[[[list(point) for point in ring]]], west=west, south=south, east=east_end, north=north_end,
            latitude=CENTRE[0] + north, longitude=CENTRE[1] + east, population=people, is_simulated=True,
        )  # fmt: skip
        areas.append(area)
        figures += figures_of(area, people, random)
    Area.objects.bulk_create(areas)
    AreaFigure.objects.bulk_create(figures)
    link(areas[0].pk)
    draw()


def figures_of(area: Area, people: int, random: Random) -> list[AreaFigure]:
    """What would be known of a county of this size: many clinicians where many live, a long drive where few do."""
    said: list[tuple[str, float, float | None]] = [("population", people, None)]
    said += [(figure, round(random.uniform(lowest, highest), 1), half) for figure, lowest, highest, half in FIGURES]
    said.append(("providers", int(people * random.uniform(0.8, 1.6) / 1000) if people > CITY else 0, None))
    said.append(("drive-minutes", round(random.uniform(5, 15) if people > CITY else random.uniform(15, 55), 1), None))
    return [
        AreaFigure(
            area=area, figure=figure, value=value, low=None if half is None else round(value - half, 1),
            high=None if half is None else round(value + half, 1), source=SIMULATED, years=SIMULATED.lower(),
        )
        for figure, value, half in said
    ]  # fmt: skip


def cell(number: int) -> list[Point]:
    """The closed ring around a town: all that is nearer to it than to another, within the county, with its borders bent.

    A border is bent by its own two ends, so the two cells that share it bend it alike.
    """
    corners = _nearest(number)
    ring: list[Point] = []
    for here, there in zip(corners, corners[1:] + corners[:1], strict=True):
        ring += [here, _bend(here, there)]
    return [*ring, ring[0]]


def _nearest(number: int) -> list[Point]:
    """Corners of the part of the county that is nearest to the town, counter-clockwise."""
    _, y, x = TOWNS[number]
    corners: list[Point] = [(WEST, SOUTH), (EAST, SOUTH), (EAST, NORTH), (WEST, NORTH)]
    for other, (_, north, east) in enumerate(TOWNS):
        if other != number:
            corners = _cut(corners, (east - x, north - y), ((east * east - x * x) + (north * north - y * y)) / 2)
    rounded = [(round(CENTRE[1] + a, DECIMALS), round(CENTRE[0] + b, DECIMALS)) for a, b in corners]
    return [point for place, point in enumerate(rounded) if point != rounded[place - 1]]


def _cut(corners: list[Point], towards: Point, most: float) -> list[Point]:
    """The part of a convex polygon on the near side of a line: those points whose product with `towards` is at most `most`."""
    kept: list[Point] = []
    for here, there in zip(corners, corners[1:] + corners[:1], strict=True):
        a = here[0] * towards[0] + here[1] * towards[1] - most
        b = there[0] * towards[0] + there[1] * towards[1] - most
        if a <= 0:
            kept.append(here)
        if (a < 0 < b) or (b < 0 < a):
            share = a / (a - b)
            kept.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
    return kept


def _bend(here: Point, there: Point) -> Point:
    """The middle of a border, moved aside by chance that hangs on its two ends alone."""
    low, high = sorted((here, there))
    aside = Random(f"{low} {high}").uniform(-BEND, BEND)
    x, y = (low[0] + high[0]) / 2 - aside * (high[1] - low[1]), (low[1] + high[1]) / 2 + aside * (high[0] - low[0])
    return (round(x, DECIMALS), round(y, DECIMALS))
