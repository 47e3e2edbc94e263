"""One thing that is known of an object: a number with its time, source, run and confidence."""

import math
from dataclasses import asdict, dataclass

OBSERVED, SIMULATED, FORECAST = "observed", "simulated", "forecast"
"""How a value came about."""

STALE_MINUTES = {"rainfall_rate": 25.0}
"""Age from which a reading is stale, by property; `STALE_OTHERS` for all others [min]."""
STALE_OTHERS = 20.0

FLAG_CONFIDENCE = {1: 1.0, 2: 0.8, 3: 0.3}
"""Confidence of a fresh reading at the place itself by its QARTOD flag; any other flag: none."""

REACH = 300.0
"""How far a reading speaks for water beside its sensor [m]: its confidence falls to a third."""


@dataclass(frozen=True)
class Value:
    """A value as the API gives it; None where it is not known, and then `reason` says why.

    Parameters
    ----------
    quantity, unit : str
        What it is.
    kind : str
        `OBSERVED`, `SIMULATED` or `FORECAST`.
    value : float, int, bool, str or None
        Of a forecast its median.
    p10, p90 : float or None
        Where nine of ten and one of ten members lie above.
    time : str or None
        For which moment it holds, ISO in UTC.
    source : str
        Station or model it is from.
    run : str or None
        The run.
    confidence : float or None
        0 to 1; how it was computed is in `confidence_by`. None where nothing is known of it.
    twin_level : str
        By Paulsson (2018): L1 assumed inputs, L2 live validation, L3 prediction; of a run what its
        manifest says.
    """

    quantity: str
    unit: str
    kind: str
    value: object = None
    p10: float | None = None
    p90: float | None = None
    time: str | None = None
    source: str = ""
    run: str | None = None
    confidence: float | None = None
    confidence_by: str = ""
    twin_level: str = ""
    age_minutes: float | None = None
    stale: bool | None = None
    flag: int | None = None
    station: str | None = None
    distance: float | None = None
    meaning: str | None = None
    reason: str | None = None

    def as_dict(self):
        """Plain values that JSON carries; no NaN, and no level where there is no value."""
        plain = {name: plain_number(value) for name, value in asdict(self).items()}
        return plain if plain["value"] is not None else plain | {"twin_level": ""}


def run_value(run, quantity, unit, **more):
    """A `Value` of a run, with all that is the same for each of them.

    Parameters
    ----------
    run : twin.state.run_objects.RunObjects
        Whose manifest names the run, its model and its twin level.
    quantity, unit : str
        What it is.
    **more
        Other fields of `Value`.
    """
    manifest = run.water.manifest
    common = {
        "source": manifest.get("model_version") or "Floodtwin",
        "run": run.water.run_id,
        "twin_level": manifest.get("twin_level", ""),
    }
    return Value(quantity, unit, run.water.kind, **{**common, **more})


def plain_number(value):
    """A number as JSON can carry it: five digits that count, None for what is not finite."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value


def stale_after(quantity):
    """Age from which a reading of a property is stale [min]."""
    return STALE_MINUTES.get(quantity, STALE_OTHERS)


def reading_confidence(flag, age_minutes, distance, quantity):
    """How far a reading tells the state of an object at this moment, 0 to 1.

    Parameters
    ----------
    flag : int
        QARTOD.
    age_minutes : float
        [min].
    distance : float
        From the sensor to the object [m]; 0 for its own.
    quantity : str
        Property, which sets how fast a reading grows old.

    Notes
    -----
    A product of three shares, all of them judgements: of the flag (`FLAG_CONFIDENCE`); of the age,
    1 while it is fresh, then down to 0 over twice as long; of the distance, exp(-distance /
    `REACH`). It ranks readings and is no probability.
    """
    limit = stale_after(quantity)
    of_age = min(1.0, max(0.0, 1.0 - (age_minutes - limit) / (2.0 * limit)))
    return FLAG_CONFIDENCE.get(flag, 0.0) * of_age * math.exp(-max(distance, 0.0) / REACH)


def spread_confidence(p10, p50, p90):
    """How sure an ensemble is of a depth, 0 to 1; None where a quantile is not known.

    Notes
    -----
    1 / (1 + (p90 - p10) / max(p50, 0.1 m)): 1 where all members agree, a half where their spread
    is as large as the median. A judgement: calibration is what `floodtwin verify` measures.

    Examples
    --------
    >>> spread_confidence(0.4, 0.4, 0.4), spread_confidence(0.2, 0.4, 0.6)
    (1.0, 0.5)
    """
    if not all(math.isfinite(value) for value in (p10, p50, p90)):
        return None
    return 1.0 / (1.0 + max(p90 - p10, 0.0) / max(p50, 0.1))
