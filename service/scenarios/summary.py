"""What a scenario changed, as files of its folder and as one dict for JSON."""

import json

import numpy as np
import pandas as pd

from service.products import write_table
from service.scenarios.compare import compare, open_side
from service.scenarios.heat import heat_change, heat_tables
from service.scenarios.hotspots import hotspot_changes
from service.scenarios.maps import draw_change, write_difference
from tiles.difference_picture import DEPTH_CHANGE, HEAT_CHANGE, difference_picture
from twin.state.city_objects import CityObjects

NOTICED = 0.01
"""Change of depth below which a scenario is said to have no effect [m]."""


def summarise(folder, scenario, base_city, city, base_run, run):
    """Compare the two runs of a scenario and write all files but the page.

    Parameters
    ----------
    folder : pathlib.Path
        Gets ``difference.tif``, ``difference.png`` (for maps, with ``difference.json``),
        ``difference_map.png`` (for people), the same of heat, and the tables as CSV and JSON.
    scenario : twin.scenario.scenario.Scenario
    base_city, city : twin.city.City, twin.scenario.scenario.EditedCity
    base_run, run : service.runs.Run

    Returns
    -------
    dict
        ``name``, ``title``, ``edits``, ``notes``, ``places``, ``volumes``, ``districts``,
        ``buildings``, ``people``, ``damage``, ``hotspots``, ``heat``, ``headline``, ``ledger`` and
        the ids of the runs.
    """
    base = open_side(CityObjects(base_city), base_run)
    other = open_side(CityObjects(city), run)
    left_out = _ponds(city)
    tables = compare(base, other, left_out)
    ground = np.isfinite(base.depth) if left_out is None else np.isfinite(base.depth) & ~left_out
    heat = None if scenario.heat is None else heat_change(base_city, city, scenario.heat)
    heated = heat and heat_tables(heat, base_city, city)
    if heated:
        tables["headline"]["surface_temperature_c"] = heated["edited"]["surface_temperature_c"]
        _join_heat(tables["districts"], heated["districts"])
    hotspots = hotspot_changes(base, other, ground & _dry_open(base_city, city))
    summary = {
        "name": scenario.name,
        "title": scenario.title,
        "city": base_city.name,
        "city_title": base_city.title,
        "base_version": base_city.version,
        "base_run": base_run.run_id,
        "run": run.run_id,
        "edits": [_edit(report) for report in city.reports],
        "notes": [*city.notes, *_no_effect(other.depth - base.depth)],
        "places": _places(city),
        "volumes": [_volumes(report) for report in city.reports],
        **tables,
        "hotspots": hotspots,
        "heat": heated,
    }
    _write_maps(folder, scenario, base, other, heat)
    _write_tables(folder, summary)
    return summary


def _no_effect(change):
    """A note where no cell gets deeper or shallower by a centimetre."""
    if np.nan_to_num(np.abs(change)).max(initial=0.0) >= NOTICED:
        return []
    return [
        f"no depth changes by {NOTICED:g} m or more: in this storm, water does not reach what was "
        "changed, or passes it as before"
    ]


def _write_maps(folder, scenario, base, other, heat):
    city, tags = other.city, {"twin_level": "L1", "scenario": scenario.name}
    tags |= {"base_run": base.run.run_id, "run": other.run.run_id}
    write_difference(folder / "difference.tif", base, other, heat, tags)
    lines = [
        f"{city.title}: scenario less baseline, blue is less water, orange is more",
        f"runs {base.run.run_id} and {other.run.run_id}, twin level L1",
    ]
    change = other.depth - base.depth
    _write_overlay(folder, "difference", change, city.grid, DEPTH_CHANGE)
    path = folder / "difference_map.png"
    draw_change(path, change, city, DEPTH_CHANGE, scenario.title, lines, city.reports)
    if heat is None:
        return
    lines[0] = (
        f"{city.title}: surface temperature at {heat.day.hour:g} h solar time, {heat.day.date}"
    )
    _write_overlay(folder, "heat_difference", heat.warmer, city.grid, HEAT_CHANGE)
    path = folder / "heat_map.png"
    draw_change(path, heat.warmer, city, HEAT_CHANGE, scenario.title, lines, city.reports)


def _write_overlay(folder, name, values, grid, scale):
    """A picture to be laid on a map, and where it belongs."""
    png, about = difference_picture(values, grid, scale)
    (folder / f"{name}.png").write_bytes(png)
    (folder / f"{name}.json").write_text(json.dumps(about) + "\n")


def _write_tables(folder, summary):
    """Districts, buildings and hotspots as CSV and JSON, a column a value."""
    write_table(folder, "districts", pd.DataFrame([_flat(row) for row in summary["districts"]]))
    buildings = summary["buildings"]["changed"] if summary["buildings"] else []
    write_table(folder, "buildings", pd.DataFrame(buildings))
    spots = [{"change": k, **row} for k, rows in summary["hotspots"].items() for row in rows]
    write_table(folder, "hotspots", pd.DataFrame(spots))
    write_table(folder, "edits", pd.DataFrame(summary["volumes"]))


def _flat(row):
    flat = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{key}_{side}": number for side, number in value.items()}
        else:
            flat[key] = value
    return flat


def _join_heat(districts, heated):
    for row, heat in zip(districts, heated, strict=True):
        row |= {key: heat[key] for key in ("shadow_hours", "surface_temperature_c")}


def _ponds(city):
    """Cells of new ponds: water in them is wanted; None where there are none."""
    ponds = [report.cells for report in city.reports if report.kind == "pond"]
    return np.any(ponds, axis=0) if ponds else None


def _dry_open(base_city, city):
    """Ground without buildings and standing water in both."""
    ground = np.ones(base_city.grid.shape, bool)
    for one in (base_city, city):
        if "building_blockage" in one.terrain:
            ground &= ~(one.terrain["building_blockage"].values >= 0.5)
        if "initial_depth" in one.terrain:
            ground &= ~(one.terrain["initial_depth"].values > 0.05)
    return ground


def _edit(report):
    return {
        "number": report.number, "kind": report.kind, "name": report.name, "text": report.text,
    }  # fmt: skip


def _volumes(report):
    keys = ("cut_m3", "fill_m3", "storage_m3")
    volumes = {key: round(getattr(report, key), 1) for key in keys}
    return {"number": report.number, "kind": report.kind, "name": report.name, **volumes}


def _places(city):
    """Where the edits lie, as GeoJSON in longitude and latitude."""
    import geopandas as gpd
    import shapely

    if not city.reports:
        return {"type": "FeatureCollection", "features": []}
    shapes = gpd.GeoSeries([report.shape for report in city.reports], crs=city.crs)
    shapes = shapely.set_precision(shapes.to_crs("EPSG:4326").to_numpy(), 1e-7, mode="pointwise")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shape)),
                "properties": _edit(report),
            }
            for shape, report in zip(shapes, city.reports, strict=True)
        ],
    }
