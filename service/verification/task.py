"""One verification while it is made: forecasts read, held against evidence, rows collected."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from service.runs import RunStore
from service.utc import iso
from twin.errors import MissingError

TWIN_LEVEL = "L2"
"""Live validation and diagnosis, by Paulsson (2018); what is learned of it reaches L4."""


@dataclass
class Task:
    """One verification while it is made: what is compared, and the rows so far."""

    city: object
    as_of: pd.Timestamp
    thresholds: tuple
    trigger: float
    exercises: bool = False
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    diagrams: list = field(default_factory=list)
    by_place: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    forecasts: list = field(default_factory=list)
    observations: object = None

    @property
    def until(self):
        """Nothing after it has come true."""
        return self.as_of.to_datetime64().astype("datetime64[ns]")

    @property
    def deep(self):
        """The threshold of the tables by place [m]."""
        return self.thresholds[-1]

    def open_runs(self, folder, store, uncorrected):
        """Read what the forecasts of a folder said, and the forecasts to compare them with."""
        from service.verification.places import places_of
        from service.verification.runs import choose_runs, read_forecasts
        from twin.observations.store import ObservationStore

        chosen, notes = choose_runs(RunStore(folder).list(), self.exercises)
        self.runs = [run for run in chosen if pd.Timestamp(run.manifest["issue_time"]) <= self._now]
        if not self.runs:
            raise self._nothing_to_score(folder, chosen, notes)
        self.places = places_of(self.city)
        self.forecasts, more = read_forecasts(self.runs, self.places)
        self.notes += notes + more
        if uncorrected is not None:
            self._compare_with(Path(uncorrected))
        if store is not None:
            self.observations = ObservationStore(store, create=False)
            self.forecasts = [self._with_persistence(one) for one in self.forecasts]

    def _nothing_to_score(self, folder, chosen, notes):
        """The error that says what is there instead, and what to do."""
        if chosen:
            notes = [*notes, f"{len(chosen)} forecasts were issued later"]
        do = "run `floodtwin forecast` first"
        if any("exercises, left out" in note for note in notes):
            do = "score exercises too by --exercises, or " + do
        found = f" ({'; '.join(notes)})" if notes else ""
        return MissingError(
            f"no forecast to score in {folder} issued by {iso(self.as_of)}{found}, expected at "
            f"least one; {do}"
        )

    @property
    def _now(self):
        return self.as_of.tz_localize("UTC")

    def against_sensors(self, _store):
        """Hold the forecasts against depths and states of sensors."""
        from service.verification.truth import read_records

        start, end = self._span()
        records = read_records(self.observations, start, end, self.as_of)
        self._score(
            "sensors", {name: records[name] for name in records if name in self.places.index}
        )

    def against_truth(self, path):
        """Hold the forecasts against a true flood: at known spots, at sensors, cell by cell."""
        from service.verification.cells import score_cells
        from service.verification.truth import read_true_flood

        flood, records = read_true_flood(path, self.places)
        dry = self.places[~self.places["is_water"] & (self.places["kind"] != "rain_gauge")]
        for against, chosen in (
            ("truth", dry["kind"] == "flood_spot"),
            ("truth at sensors", dry["kind"] != "flood_spot"),
        ):
            here = dry.index[chosen]
            if len(here):
                self._score(against, {name: records[name] for name in here if name in records})
        for threshold in self.thresholds:
            self.rows += score_cells(
                self.runs, self.city, flood, threshold, self.trigger, self.until
            )

    def against_reports(self, path):
        """Hold the forecasts against what citizens reported."""
        self._score_sightings("reports", path)

    def against_flood_points(self, path):
        """Hold the forecasts against recorded flood points."""
        self._score_sightings("flood points", path)

    def document(self):
        """All of it as plain values."""
        return {
            "city": self.city.name,
            "title": self.city.title or self.city.name,
            "twin_level": TWIN_LEVEL,
            "as_of": iso(self.as_of),
            "thresholds_m": list(self.thresholds),
            "trigger": self.trigger,
            "first_issue": self.runs[0].manifest["issue_time"],
            "last_issue": self.runs[-1].manifest["issue_time"],
            "runs": len(self.forecasts),
            "notes": self.notes,
            "rows": self.rows,
            "diagrams": self.diagrams,
            "places": self.by_place,
        }

    def _span(self):
        """From an hour before the first issue time to the end of the last horizon."""
        first = min(one.issue for one in self.forecasts)
        last = max(one.times[-1] for one in self.forecasts)
        hour = pd.Timedelta(hours=1)
        return pd.Timestamp(first) - hour, min(pd.Timestamp(last) + hour, self.as_of)

    def _compare_with(self, folder):
        """Put runs without assimilation beside those of the same issue times."""
        from service.verification.runs import beside, choose_runs, read_forecasts

        runs = RunStore(folder).list()
        others, _ = read_forecasts(choose_runs(runs, self.exercises)[0], self.places)
        self.forecasts, found = beside(self.forecasts, others)
        self.notes.append(f"{found} of {len(self.forecasts)} forecasts have one uncorrected beside")

    def _with_persistence(self, forecast):
        """The same forecast with the last depth known at its issue time beside it."""
        from hydrology.scores.reference_forecasts import OLDEST, persist_last
        from service.verification.truth import DEPTH, usable

        issue = pd.Timestamp(forecast.issue)
        known = usable(self.observations, DEPTH, issue - pd.Timedelta(OLDEST), issue, issue)
        held = persist_last(known, forecast.issue, forecast.places)
        shape = (1, len(forecast.times), len(forecast.places))
        references = {**forecast.references, "persistence": np.broadcast_to(held, shape)}
        return replace(forecast, references=references)

    def _score(self, against, records):
        """All scores of the forecasts at places that have records."""
        from hydrology.scores.pairing import find_leads, pair_times, pair_windows
        from hydrology.scores.table import score_depths, score_events, score_onsets
        from service.verification.places import by_place, diagrams

        districts = self.places["district"].to_dict()
        common = (records, districts, self.until)
        times = _joined([pair_times(one, *common) for one in self.forecasts])
        windows = _joined([pair_windows(one, *common) for one in self.forecasts])
        if times is None or windows is None:
            self.notes.append(f"{against}: no place has both a forecast and an observation")
            return
        self.rows += score_depths(times, against=against)
        for threshold in self.thresholds:
            about = {"trigger": self.trigger, "against": against}
            self.rows += score_events(windows, threshold, **about)
        self.rows += self._by_district(times, windows, against)
        leads = find_leads(
            self.forecasts, records, self.deep, trigger=self.trigger, until=self.until
        )
        self.rows += score_onsets(leads, against=against, threshold_m=self.deep)
        self.diagrams += diagrams(windows, self.thresholds, against)
        self.by_place += by_place(
            self.places, times, windows, leads, self.deep, self.trigger, against
        )

    def _by_district(self, times, windows, against):
        from hydrology.scores.table import ALL, score_depths, score_events

        rows = []
        names = sorted({name for name in times.labels["district"].unique() if name})
        for name in names if len(names) > 1 else ():
            about = {"against": against, "district": name}
            rows += score_depths(times.select(times.labels["district"] == name), **about)
            chosen = windows.select(windows.labels["district"] == name)
            rows += score_events(chosen, self.deep, trigger=self.trigger, **about)
        return [row for row in rows if row["horizon"] == ALL]

    def _score_sightings(self, against, path):
        from hydrology.scores.table import score_sightings
        from service.verification.sightings import chances_at, warned_area
        from service.verification.truth import read_sightings

        sightings, notes = read_sightings(path, self.city.grid.crs)
        self.notes += notes
        sightings = sightings[sightings["time"] <= self.until]
        for threshold in self.thresholds:
            chances, labels = chances_at(self.runs, sightings, threshold)
            about = {"trigger": self.trigger, "against": against}
            self.rows += score_sightings(chances, labels, threshold, **about)
            self.rows += warned_area(self.runs, threshold, **about)


def _joined(several):
    from hydrology.scores.pairs import join_pairs

    return join_pairs(several) if any(len(pairs) for pairs in several) else None
