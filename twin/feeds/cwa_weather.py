"""Weather stations of Taiwan's Central Weather Administration: their rain since midnight.

O-A0003-001 gives the staffed and many automatic stations every ten minutes, O-A0001-001 all of
them every hour. A shape as of the gauges (`cwa_gauges`), but for the name of what holds the
elements, and with one of rain only: ``WeatherElement.Now.Precipitation``.
"""

from dataclasses import replace
from functools import partial

from twin.feeds import cwa_gauges
from twin.feeds.source import Adapter

WEATHER = {
    *("weather", "winddirection", "windspeed", "airtemperature", "relativehumidity"),
    *("airpressure", "gustinfo", "dailyextreme", "dailyhigh", "dailylow", "max10minaverage"),
    *("visibilitydescription", "sunshineduration", "uvindex"),
}
"""Elements besides rain, in small letters."""

OLD_WEATHER = {
    *("wdir", "wdsd", "temp", "humd", "pres", "sun", "elev", "h_uvi", "vis", "h_weather"),
    *("h_fx", "h_xd", "h_fxt", "h_f10", "h_10d", "h_f10t", "d_tx", "d_txt", "d_tn", "d_tnt"),
    *("d_ts", "h_vis"),
}
"""The same before 2024."""


def _adapter(name, title, number, cadence_seconds, warn_minutes, critical_minutes):
    host = "https://opendata.cwa.gov.tw/api/v1/rest/datastore"
    spec = replace(
        cwa_gauges.SPEC,
        name=name,
        title=title,
        url=f"{host}/{number}?Authorization={{key}}",
        cadence_seconds=cadence_seconds,
        warn_minutes=warn_minutes,
        critical_minutes=critical_minutes,
        units={"rainfall_day": {"mm": 1e-3}},
        gross_range={"rainfall_day": (0.0, 2.0)},
        evidence="documentation",
    )
    known = cwa_gauges.KNOWN_ELEMENTS | WEATHER | OLD_WEATHER
    return Adapter(spec, partial(cwa_gauges.read, spec=spec, holder="WeatherElement", known=known))


TEN_MINUTES = _adapter(
    "cwa_stations",
    "Rain since midnight at weather stations, ten minutes (O-A0003-001)",
    "O-A0003-001",
    600.0,
    25.0,
    45.0,
)
HOURLY = _adapter(
    "cwa_stations_hourly",
    "Rain since midnight at weather stations, hourly (O-A0001-001)",
    "O-A0001-001",
    3600.0,
    90.0,
    150.0,
)
"""Written from the shape that public programs of others read, and from stations that some of them
quote (with numbers in 2023, with texts in 2026); no payload of these products was at hand.

Most of these stations stand in O-A0002-001 again, with their ten minutes. What they give here is
a daily sum: it makes no rain of ten minutes, but bounds what fell while a feed was away
(`twin.feeds.rain_gaps`), and stands in the store beside the gauge of the same name.
"""
