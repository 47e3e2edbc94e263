"""What the routes of objects, sensors, roads, routes and shelters answer."""

from pydantic import BaseModel, ConfigDict, Field

from service.web.models import Marked, PointGeometry


class ListedObject(BaseModel):
    """An object in the list of its class."""

    id: str
    name: str
    name_zh: str | None = None
    lon: float | None
    lat: float | None


class ObjectList(BaseModel):
    """Objects of a class."""

    city: str
    object_class: str = Field(serialization_alias="class")
    count: int = Field(description="that are listed here")
    total: int = Field(description="that there are")
    objects: list[ListedObject]


class StateValue(BaseModel):
    """One thing that is known of an object; where `value` is null, `reason` says why."""

    quantity: str
    unit: str = Field(description="SI, or what people use")
    kind: str = Field(description="observed, simulated or forecast")
    value: float | int | bool | str | None
    p10: float | None = None
    p90: float | None = None
    time: str | None = Field(None, description="for which moment it holds")
    source: str = ""
    run: str | None = None
    confidence: float | None = Field(None, description="0 to 1; null: nothing is known of it")
    confidence_by: str = ""
    twin_level: str = Field("", description="L1 assumed inputs, L2 live validation, L3 prediction")
    age_minutes: float | None = None
    stale: bool | None = None
    flag: int | None = Field(None, description="QARTOD: 1 pass, 2 not judged, 3, 4, 9")
    station: str | None = None
    distance: float | None = Field(None, description="from the sensor to the object [m]")
    meaning: str | None = None
    reason: str | None = None


class StateHistory(BaseModel):
    """How one quantity went over time."""

    quantity: str
    kind: str
    unit: str
    times: list[str]
    values: list[float | None]
    p10: list[float | None] | None = None
    p90: list[float | None] | None = None
    source: str = ""
    run: str | None = None


class SpokenRun(BaseModel):
    """A run that speaks in a record, with its age."""

    model_config = ConfigDict(extra="ignore")
    run_id: str
    kind: str
    issue_time: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    twin_level: str = ""
    age_seconds: float
    freshness: str
    stale: bool
    stale_reason: str | None = None


class ObjectRecord(Marked):
    """Everything that is known of one object."""

    id: str
    object_class: str = Field(serialization_alias="class")
    name: str
    name_zh: str | None = None
    district: str | None = Field(description="in which its middle lies")
    layer: str
    row: int = Field(description="of the layer; tiles carry it")
    attributes: dict
    time: str = Field(description="moment for which depths are asked")
    runs: list[SpokenRun]
    values: list[StateValue]
    history: list[StateHistory]
    access: dict | None = Field(None, description="whether vehicles can reach it; null: no road")
    model: dict | None = Field(None, description="the object of the 3D model")


class ObjectRun(SpokenRun):
    """What one run says of one object."""

    created: str | None = None
    max_depth: float | None = Field(description="largest depth [m]; of a forecast the median")
    p10: float | None
    p90: float | None
    district: dict | None = Field(description="of a district its row in the table of the run")
    reason: str | None = Field(description="why nothing is known")


class ObjectRuns(BaseModel):
    """One object in the newest runs, newest first."""

    city: str
    object_class: str = Field(serialization_alias="class")
    id: str
    exercise: bool
    clock: str | None
    runs: list[ObjectRun]


class SensorProperties(BaseModel):
    """One sensor and its newest reading."""

    station_id: str
    name: str | None
    kind: str | None
    property: str
    unit: str
    value: float | None
    flag: int | None
    time: str | None
    received: str | None
    age_minutes: float | None
    stale: bool = Field(description="also where nothing was read")
    source: str | None
    alert_levels: list[float] = Field(description="of the agency, the most severe first, SI")
    alert_level: int = Field(
        description="which of them is reached, 1 the most severe; 0: none, or the reading is stale "
        "or in doubt"
    )


class SensorFeature(BaseModel):
    """One sensor as GeoJSON."""

    type: str = "Feature"
    geometry: PointGeometry
    properties: SensorProperties


class SensorCollection(Marked):
    """The sensors of a city as of one moment."""

    type: str = "FeatureCollection"
    city: str
    at: str
    reason: str | None = Field(None, description="why there is none")
    features: list[SensorFeature]
