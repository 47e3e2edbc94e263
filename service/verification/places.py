"""Places of a city at which forecasts are scored, and the scores of each."""

import numpy as np
import pandas as pd

from service.products import plain


def places_of(city):
    """Sensors and known flood-prone spots of a city.

    Parameters
    ----------
    city : twin.city.City

    Returns
    -------
    pandas.DataFrame
        Index: their ids; ``name``, ``kind``, ``district``, ``x``, ``y`` [m], ``lon``, ``lat``,
        ``row`` and ``column`` of the cells in which forecasts look at them, -1 outside, and
        ``is_water``: whether there is water there without a flood.
    """
    from hydrology.forecast.known_spots import own_cells, spot_cells

    parts = [
        _part(city, "sensors", "station_id", None, own_cells),
        _part(city, "flood_spots", "spot_id", "flood_spot", spot_cells),
    ]
    places = pd.concat([part for part in parts if part is not None] or [_nowhere()])
    places = places[~places.index.duplicated()]
    return places.assign(is_water=_is_water(city.terrain, places))


def _is_water(terrain, places):
    if "initial_depth" not in terrain:
        return np.zeros(len(places), bool)
    depth = terrain["initial_depth"].values
    row, column = places["row"].to_numpy(int), places["column"].to_numpy(int)
    return (row >= 0) & (depth[row, column] > 0)


def _part(city, layer, key, kind, cells_of):
    if not city.has_layer(layer) or not len(city.layer(layer)):
        return None
    frame = city.layer(layer)
    row, column = cells_of(city.terrain, frame.geometry).T
    where = frame.geometry.to_crs("EPSG:4326")
    nothing = pd.Series([""] * len(frame), index=frame.index)
    return pd.DataFrame(
        {
            "name": frame.get("name", nothing).fillna("").astype(str).to_numpy(),
            "kind": frame["kind"].astype(str).to_numpy() if kind is None else kind,
            "district": frame.get("district", nothing).fillna("").astype(str).to_numpy(),
            "x": frame.geometry.x.to_numpy(),
            "y": frame.geometry.y.to_numpy(),
            "lon": where.x.round(6).to_numpy(),
            "lat": where.y.round(6).to_numpy(),
            "row": row,
            "column": column,
        },
        index=frame[key].astype(str).to_numpy(),
    )


def _nowhere():
    columns = ("name", "kind", "district", "x", "y", "lon", "lat", "row", "column")
    return pd.DataFrame({name: pd.Series(dtype=float) for name in columns})


def by_place(places, times, windows, leads, threshold, trigger, against):
    """Scores of each place, the one with the most misses first.

    Parameters
    ----------
    places : pandas.DataFrame
        See `places_of`.
    times, windows : hydrology.scores.pairs.Pairs
        Cases at times and over windows.
    leads : list of dict
        See `hydrology.scores.pairing.find_leads`.
    threshold, trigger : float
        Depth of an event [m], probability of a warning.
    against : str
        What was held against.

    Returns
    -------
    list of dict
        ``place``, ``name``, ``district``, ``lon``, ``lat``, ``cases``, ``crps_m``, ``hits``,
        ``misses``, ``false_alarms``, ``correct_negatives``, ``onsets``, ``onsets_warned`` and
        ``lead_time_minutes`` (mean of those warned).
    """
    from hydrology.scores.contingency import COUNTS, count_outcomes
    from hydrology.scores.probabilistic import crps
    from hydrology.scores.table import events_of

    score = pd.Series(crps(times.members, times.observed)).groupby(times.labels["place"])
    event, chance = events_of(windows, threshold), windows.probability(threshold)
    known = np.isfinite(event) & np.isfinite(chance)
    counts = count_outcomes(chance[known] >= trigger, event[known])
    counts = pd.DataFrame(counts, columns=list(COUNTS)).groupby(
        windows.labels["place"][known].to_numpy()
    )
    mean, cases, sums = score.mean(), score.count(), counts.sum()
    rows = []
    for place in mean.index.union(sums.index):
        about = places.loc[place]
        here = [one for one in leads if one["place"] == place]
        warned = [one["lead_minutes"] for one in here if one["lead_minutes"] is not None]
        outcome = sums.loc[place] if place in sums.index else dict.fromkeys(COUNTS, 0)
        rows.append(
            {
                "against": against,
                "place": place,
                **{name: about[name] for name in ("name", "kind", "district", "lon", "lat")},
                "cases": int(cases.get(place, 0)),
                "crps_m": plain(float(mean.get(place, np.nan))),
                **{name: int(outcome[name]) for name in COUNTS},
                "onsets": len(here),
                "onsets_warned": len(warned),
                "lead_time_minutes": round(float(np.mean(warned)), 1) if warned else None,
            }
        )
    return sorted(rows, key=lambda row: (-row["misses"], -row["false_alarms"], row["place"]))


def diagrams(windows, thresholds, against):
    """Reliability table and ROC curve of each threshold, of the ensemble over all horizons."""
    from hydrology.scores.probabilistic import reliability_table, roc_points
    from hydrology.scores.table import events_of

    found = []
    for threshold in thresholds:
        event, chance = events_of(windows, threshold), windows.probability(threshold)
        known = np.isfinite(event) & np.isfinite(chance)
        if not known.any():
            continue
        event = event[known].astype(bool)
        found.append(
            {
                "against": against,
                "threshold_m": threshold,
                "cases": int(known.sum()),
                "events": int(event.sum()),
                "reliability": reliability_table(chance[known], event),
                "roc": roc_points(chance[known], event),
            }
        )
    return found
