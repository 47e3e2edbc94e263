"""What the routes of scenarios answer, as pydantic models."""

from pydantic import BaseModel, ConfigDict, Field


class Pair(BaseModel):
    """A value before and after; null where it is not known."""

    base: float | None
    scenario: float | None
    difference: float | None


class Edit(BaseModel):
    """One edit in words."""

    number: int
    kind: str
    name: str
    text: str


class ScenarioSummary(BaseModel):
    """A scenario in the list."""

    model_config = ConfigDict(extra="ignore")
    name: str
    title: str
    created: str
    base_run: str
    run: str
    rain: str
    hours: float
    twin_level: str
    edits: list[Edit]
    headline: dict[str, Pair | None]


class Overlay(BaseModel):
    """A picture to be laid on a map; blue is less, orange is more."""

    url: str
    corners: list[list[float]] = Field(
        description="[lon, lat] of the picture, clockwise from the north-west"
    )
    size: list[int] = Field(description="width and height [pixels]")
    unit: str
    steps: list[dict] = Field(description="lower, upper (null: no end), colour")


class Comparison(BaseModel):
    """What differs between two runs."""

    districts: list[dict]
    buildings: dict | None
    people: dict[str, Pair] | None
    damage: dict | None
    hotspots: dict[str, list[dict]]
    headline: dict[str, Pair | None]
    difference: Overlay


class RunComparison(Comparison):
    """Any two runs of a city side by side."""

    base: str
    other: str


class ScenarioDetail(ScenarioSummary, Comparison):
    """A scenario with its tables."""

    model_config = ConfigDict(extra="ignore")
    notes: list[str]
    places: dict = Field(description="GeoJSON of the edits")
    volumes: list[dict]
    ledger: dict
    heat: dict | None
    heat_difference: Overlay | None
    report: str
