"""What the routes of rain answer, as pydantic models."""

from pydantic import BaseModel, Field

from service.web.models import Marked


class RainInterval(BaseModel):
    """Rain over the city in one interval of ten minutes."""

    time: str
    until: str
    kind: str = Field(description="measured; estimated, for want of readings; expected")
    source: str = Field(
        description="gauges, radar, merged, extrapolated, numerical, blended or persistence"
    )
    mean_mm_h: float | None = Field(description="over the city; null ahead")
    mean_p10_mm_h: float | None = Field(description="quantile of the members, null so far")
    mean_p50_mm_h: float | None
    mean_p90_mm_h: float | None
    max_mm_h: float = Field(description="wettest cell of the city; ahead, median of the members")


class MeasuredSince(BaseModel):
    """What rain gauges measured in ten minutes after a forecast was issued."""

    time: str
    until: str
    mean_mm_h: float = Field(description="over the gauges heard: not the mean over the ground")
    expected_p10_mm_h: float | None = Field(description="over the city, as it was forecast")
    expected_p90_mm_h: float | None
    gauges_heard: int = Field(description="with a reading that passed quality control")
    gauges: int
    verdict: str | None = Field(
        description="beaten: above the 90 % expected by 2 mm/h and a quarter; spared: as far "
        "below the 10 %; within; null: fewer than half of the gauges were heard"
    )


class RainSince(BaseModel):
    """What was measured since a forecast was issued, and whether that beats it."""

    as_of: str = Field(description="nothing that was received later is told")
    gauges: int
    intervals: list[MeasuredSince] = Field(description="passed, and heard; never a silent zero")
    verdict: str | None = Field(
        description="beaten where one interval is; else that of the newest interval judged"
    )
    speaks: MeasuredSince | None = Field(description="the interval of the verdict")
    sentence: str | None = Field(description="for people, where it is beaten or spared")
    reason: str | None = Field(description="why there are no intervals")


class RainSeries(Marked):
    """Rain over the city that drove a forecast, the oldest interval first."""

    run_id: str
    intervals: list[RainInterval]
    since: RainSince | None = Field(description="measured since it was issued; null: no forecast")
