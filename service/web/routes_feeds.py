"""Route of the feeds: what each is, how it is, and under which licence."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from service.feeds.registry import feed_rows
from service.web.models import Marked
from service.web.replies import NEVER


class FeedRow(BaseModel):
    """One feed."""

    name: str
    title: str
    owner: str
    licence: str = Field(description='"": not known')
    kind: str = Field(description="readings, grid, warnings or ahead")
    evidence: str = Field(description="what the adapter was written by: payload or documentation")
    contract: str = Field(description="read; known: an adapter is missing; closed; gone")
    note: str
    cadence_seconds: float = Field(description="0: no feed but a file")
    warn_minutes: float | None = Field(description="age from which it is late")
    critical_minutes: float | None = Field(description="age from which it is given up")
    on: bool = Field(description="whether the city has switched it on")
    state: str = Field(description="ok, empty, stale, unreadable, unreachable, dead or off")
    reason: str = Field(description="of the last failure")
    age_seconds: float | None = Field(description="of the newest value of the median station")
    stations: int
    stations_late: int
    drift: int = Field(description="answers with names that are not known")
    last_try: str | None
    last_success: str | None
    last_new: str | None = Field(description="when it last said something new")
    newest_time: str | None = Field(description="newest time of anything it measured")
    rests_until: str | None = Field(description="it failed so often that it is left alone so long")


class FeedList(Marked):
    """All feeds that are known, those that are switched on first."""

    feeds: list[FeedRow]
    states: dict[str, int] = Field(description="of the feeds that are on: state -> how many")


def feed_router(catalogue, clock):
    """Route ``/api/feeds``."""
    router = APIRouter(prefix="/api/feeds", tags=["feeds"])

    @router.get("", response_model=FeedList)
    def list_feeds(response: Response):
        """All feeds with their contract and how they are now."""
        response.headers["Cache-Control"] = NEVER
        feeds = feed_rows(catalogue.settings.data, clock.now())
        states = {}
        for row in feeds:
            if row["on"]:
                states[row["state"]] = states.get(row["state"], 0) + 1
        return {"feeds": feeds, "states": states, **clock.mark()}

    return router
