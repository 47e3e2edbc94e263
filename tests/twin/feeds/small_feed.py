"""The smallest source there can be: one adapter in ten lines, as a city would write it."""

import csv
import io
from dataclasses import replace

import pandas as pd

from twin.errors import InputError
from twin.feeds.readings import parsed
from twin.feeds.source import Adapter, SourceSpec
from twin.units import MM_PER_HOUR

SPEC = SourceSpec(
    name="small", title="A small feed", cadence_seconds=600.0, timezone="Asia/Taipei",
    units={"rainfall_rate": {"mm/h": MM_PER_HOUR}},
    gross_range={"rainfall_rate": (0.0, 400 * MM_PER_HOUR)}, licence="own",
    warn_minutes=25.0, critical_minutes=45.0, url="http://127.0.0.1:1/",
)  # fmt: skip


def named(name, **changes):
    """The adapter of the small feed under another name."""
    spec = replace(SPEC, name=name, **changes)

    def read(content, received):
        text = content.decode("utf-8")
        if not text.startswith(("station,time,value", "none")):
            raise InputError(f"{text[:20]!r} is no answer of {name}, expected CSV; fetch it again")
        table = csv.DictReader(io.StringIO(text))
        rows = [
            {"station_id": row["station"], "time": row["time"], "property": "rainfall_rate",
             "value": row["value"], "unit": "mm/h"}
            for row in table if not row["station"].startswith("next ")
        ]  # fmt: skip
        found = parsed(rows, spec, received)
        following = [line[5:] for line in text.splitlines() if line.startswith("next ")]
        return replace(found, next_page=following[0] if following else None)

    return Adapter(spec, read)


def answer_of(time, values, following=None):
    """What the source says: one value a station at one time."""
    time = pd.Timestamp(time).tz_convert("Asia/Taipei")
    lines = [f"{station},{time:%Y-%m-%dT%H:%M:%S},{value}" for station, value in values.items()]
    lines = ["station,time,value", *lines] + ([f"next {following}"] if following else [])
    return ("\n".join(lines) + "\n").encode()
