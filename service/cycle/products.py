"""What a forecast gives besides the products of any run: spots, districts, members, rain."""

from service.flood_file import COMPRESSOR
from service.products import write_places, write_table
from twin.netcdf import write_netcdf

LAYERS = ("buildings", "roads", "districts", "places", "flood_spots")
"""Layers that name, people and rank hotspots, where a city has them."""

MEMBER_DEPTHS = "member_depths.nc"


def rank_places(city, result):
    """Hotspots, known spots and districts of a forecast.

    Parameters
    ----------
    city : twin.city.City
    result : hydrology.forecast.forecast.Forecast

    Returns
    -------
    hotspots : GeoDataFrame
        Ranked, the worst first.
    spots : GeoDataFrame or None
        Every known flood-prone spot, where the city has any.
    districts : pandas.DataFrame or None
        Severity of each district, where the city has any.
    """
    from hydrology.forecast.hotspots import rank_hotspots
    from hydrology.forecast.known_spots import forecast_spots
    from hydrology.forecast.severity import rank_districts

    layers = {name: city.layer(name) for name in LAYERS if city.has_layer(name)}
    hotspots = rank_hotspots(result, **layers)
    districts, known = layers.get("districts"), layers.get("flood_spots")
    spots = None if known is None else forecast_spots(result, known, districts=districts)
    severity = None if districts is None else rank_districts(result, hotspots, districts)
    return hotspots, spots, severity


def write_forecast(folder, result, spots, districts):
    """Write those products into the folder of a run.

    Parameters
    ----------
    folder : path-like
        Of the run.
    result : hydrology.forecast.forecast.Forecast
    spots, districts
        As `rank_places` gives them.

    Returns
    -------
    products : dict
        Name -> file.
    rows : dict
        ``spots``, ``districts`` and ``rain`` as JSON carries them.
    """
    products, rows = {"ensemble": "ensemble.zarr"}, {"spots": [], "districts": []}
    rows["rain"] = write_table(folder, "rain", result.rain_series)
    products |= {"rain": "rain.json", "rain_csv": "rain.csv"}
    encoding = {name: {"compressors": (COMPRESSOR,)} for name in result.ensemble.data_vars}
    result.ensemble.to_zarr(
        folder / "ensemble.zarr", mode="w", encoding=encoding, consolidated=True, zarr_format=2
    )
    if result.points.sizes["point"]:
        title = "Depth of each member at sensors and known spots"
        write_netcdf(result.points, folder / MEMBER_DEPTHS, title)
        products["member_depths"] = MEMBER_DEPTHS
    if spots is not None:
        rows["spots"] = write_places(folder, "spots", spots)
        products |= {"spots": "spots.geojson", "spots_csv": "spots.csv"}
    if districts is not None:
        rows["districts"] = write_table(folder, "districts", districts)
        products |= {"districts": "districts.json", "districts_csv": "districts.csv"}
    return products, rows
