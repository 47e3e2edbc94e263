"""What the routes of roads, ways and shelters answer."""

from pydantic import BaseModel, Field

from service.web.models import Marked


class OfRun(Marked):
    """Which run an answer rests on, and how old that is."""

    run_id: str
    twin_level: str
    age_seconds: float
    stale: bool
    stale_reason: str | None


class LineGeometry(BaseModel):
    """A line [lon, lat]."""

    type: str = "LineString"
    coordinates: list[list[float]]


class RoadStep(OfRun):
    """Which roads a vehicle gets through, by row of the layer `roads`."""

    vehicle: str
    limit: float = Field(description="depth from which it stops; a boat floats from it on [m]")
    percentile: str = Field(description="of the members that depths stand for")
    times: list[str]
    step: int | None = Field(description="null: all steps, then the rows are lists of steps")
    count: int
    passable: list[int | None] = Field(description="1 yes, 0 no, null not known; by row")
    depth_mm: list[int | None] = Field(description="deepest water on the road; by row")
    impassable: int = Field(description="roads that are known to be closed")


class Leg(BaseModel):
    """Part of a way along one road."""

    road: int = Field(description="row of the layer roads")
    name: str
    entered: str
    left: str


class WayProperties(BaseModel):
    """A way through the water, or why there is none."""

    reached: bool
    reason: str = Field(description='"" where there is a way')
    vehicle: str
    percentile: str
    departure: str
    arrival: str | None
    minutes: float | None
    length_m: float | None
    deepest_m: float | None
    shelter: str | None = Field(None, description="id of the shelter that it leads to")
    legs: list[Leg] = []


class Way(BaseModel):
    """One way as GeoJSON; without geometry where there is none."""

    type: str = "Feature"
    geometry: LineGeometry | None
    properties: WayProperties


class WayCollection(OfRun):
    """Ways asked for, as GeoJSON."""

    type: str = "FeatureCollection"
    features: list[Way]


class ShelterState(BaseModel):
    """One shelter at a step of a run."""

    id: str
    row: int
    name: str
    name_zh: str | None
    lon: float | None
    lat: float | None
    capacity: int | None = Field(description="null: not known, so nobody is sent there")
    state: str = Field(description="open, flooded, cut off or capacity unknown")
    depth: float | None = Field(description="largest from this step on; null: not known [m]")
    assigned: int
    open_steps: list[bool] = Field(description="dry, and its road passable, at each step")


class ShelterPlan(OfRun):
    """Shelters at a step, and where the people of endangered buildings go."""

    vehicle: str
    percentile: str
    times: list[str]
    step: int
    time: str
    evacuees: int = Field(description="people in buildings that will stand deeper than 0.3 m")
    assigned: int
    left: int = Field(description="of them without a place")
    left_because: dict[str, int]
    shelters: list[ShelterState]
    groups: list[dict] = Field(description="road (row), people, assigned {shelter: people}, left")
