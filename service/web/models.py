"""What the JSON routes answer, as pydantic models."""

from pydantic import BaseModel, ConfigDict, Field


class ErrorBody(BaseModel):
    """Why a request failed, in one line."""

    error: str


class Marked(BaseModel):
    """What says whether this is an exercise."""

    exercise: bool = Field(False, description="the run is a drill, or the clock is set")
    clock: str | None = Field(None, description="what a set clock reads; null: it is not set")


class Health(Marked):
    """That the service runs."""

    status: str = "ok"
    version: str


class Readiness(Marked):
    """Whether there is something to show."""

    ready: bool
    reasons: list[str]


class CitySummary(BaseModel):
    """A city in the list."""

    name: str
    title: str
    version: str
    bounds: list[float] = Field(description="west, south, east, north [degrees]")
    latest_run: str | None
    tile_zooms: list[int] = Field(description="coarsest and finest zoom of the vector tiles")


class Cells(BaseModel):
    """The grid of a city."""

    x0: float
    y0: float
    cell_size: float
    nx: int
    ny: int


class LayerInfo(BaseModel):
    """One layer and where it is from."""

    model_config = ConfigDict(extra="ignore")
    name: str
    count: int
    source: str = ""
    licence: str = ""
    date: str = ""


class CityDetail(CitySummary):
    """A city with its grid and layers."""

    crs: str
    vertical_datum: str
    buildings_as: str
    grid: Cells
    layers: list[LayerInfo]
    tile_layers: list[str] = Field(description="layers inside the vector tiles")


class RunSummary(Marked):
    """A run in the list."""

    model_config = ConfigDict(extra="ignore")
    run_id: str
    kind: str
    title: str | None = Field(None, description='of a run of a scenario; "as today" of its base')
    created: str
    issue_time: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    twin_level: str = ""
    age_seconds: float = Field(description="at the time of the request")
    freshness: str = Field(description="fresh, stale, ahead or scenario")
    stale: bool
    stale_reason: str | None = Field(None, description="its age, or that later cycles had no input")


class LegendStep(BaseModel):
    """One colour of a legend; the last one has no upper limit."""

    lower: float
    upper: float | None
    colour: str


class RasterField(BaseModel):
    """A field of a run that is served as tiles."""

    field: str
    title: str
    units: str
    threshold: float | None = Field(None, description="depth that is exceeded [m]")
    steps: list[LegendStep]


class AlertStanding(BaseModel):
    """Whether an alert may be drafted from a forecast at this moment."""

    may_draft: bool
    reason: str | None = Field(description="all that is against it; null where nothing is")


class RunDetail(RunSummary):
    """A run: its manifest, its age now, and the fields it can show."""

    model_config = ConfigDict(extra="ignore")
    city: dict
    model_version: str = ""
    horizon_hours: float | None = None
    members_requested: int | None = None
    members_used: int | None = None
    inputs_degraded: list = []
    inputs: list[dict] = []
    settings: dict = {}
    conditions: dict | None = Field(None, description="rain, losses, edges, drains, infiltration")
    ledger: dict = {}
    performance: dict = {}
    products: dict[str, str] = {}
    fields: list[RasterField]
    modes: list[str] = Field([], description="NOMINAL, or DEGRADED-INPUT, PARTIAL-ENSEMBLE")
    horizons_hours: list[float] = []
    sensors_heard: dict[str, list[int]] = Field({}, description="[reporting, all] of each kind")
    inputs_sha256: str | None = Field(None, description="of the list of frozen inputs")
    late_data: dict | None = Field(None, description="what came too late for this forecast")
    alerts: AlertStanding


class FrameList(Marked):
    """The pictures of a run over time."""

    run_id: str
    times: list[str]
    corners: list[list[float]] = Field(
        description="[lon, lat] of the picture, clockwise from the north-west"
    )
    size: list[int] = Field(description="width and height [pixels]")
    steps: list[LegendStep]


class HotspotProperties(BaseModel):
    """A place that will flood."""

    model_config = ConfigDict(extra="allow")
    rank: int
    place: str | None = None
    place_zh: str | None = Field(None, description="where the city has Chinese names")
    district: str | None = None
    district_zh: str | None = None
    depth_p10_m: float | None = None
    depth_p50_m: float | None = None
    depth_p90_m: float | None = None
    probability: float | None = None
    first_time: str | None = None
    people: float | None = None
    cause: str | None = None
    effective_lead_minutes: float | None = None


class PointGeometry(BaseModel):
    """A point [lon, lat]."""

    type: str
    coordinates: list[float]


class HotspotFeature(BaseModel):
    """One hotspot as a GeoJSON feature."""

    type: str = "Feature"
    id: int | None = None
    geometry: PointGeometry
    properties: HotspotProperties


class HotspotCollection(Marked):
    """Hotspots, the worst first, as GeoJSON."""

    type: str = "FeatureCollection"
    run_id: str
    features: list[HotspotFeature]


class DistrictSeverity(BaseModel):
    """How bad it gets in one district."""

    model_config = ConfigDict(extra="allow")
    district: str
    district_zh: str | None = None
    severity: int = Field(description="0 normal, 1 local, 2 serious, 3 severe")
    level: str


class DistrictTable(Marked):
    """Severity of all districts, the worst first."""

    run_id: str
    districts: list[DistrictSeverity]


class BuildingTimes(Marked):
    """What the depths at buildings are about."""

    run_id: str
    count: int = Field(description="buildings, in the order of the layer; tile ids are its rows")
    times: list[str]
    flood_depth: float = Field(description="depth from which a building counts as flooded [m]")
    flooded: list[int] = Field(description="flooded buildings at each time")


class Score(BaseModel):
    """One score with its sample size and interval."""

    model_config = ConfigDict(extra="allow")
    against: str = Field(description="sensors, truth (at known spots), reports ...")
    score: str
    horizon: str = Field(description="all, or hours such as 1-3 h")
    value: float | None = Field(description="null: these cases do not define it")
    low: float | None = Field(description="interval of 90 %; null: too few groups for one")
    high: float | None
    cases: int
    blocks: int = Field(description="groups that were drawn again for the interval")
    blocks_of: str
    events: int | None = None
    forecast: str | None = Field(None, description="ensemble, persistence or uncorrected")
    reference: str | None = Field(None, description="of a skill")
    threshold_m: float | None = None
    trigger: float | None = None
    district: str | None = None
    lead_minutes: int | None = None


class Verification(Marked):
    """Scores of the forecasts of a city against what came true."""

    city: str
    made: bool = Field(description="whether there is one; else all lists are empty")
    twin_level: str = "L2"
    as_of: str | None = Field(None, description="nothing that was received later is used")
    first_issue: str | None = None
    last_issue: str | None = None
    runs: int = 0
    trigger: float | None = Field(None, description="probability of a warning")
    notes: list[str] = []
    rows: list[Score] = []
    diagrams: list[dict] = Field([], description="reliability tables and ROC curves")
    places: list[dict] = Field([], description="scores and lead times of each place")
