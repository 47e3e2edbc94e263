"""Sources of readings, grids and warnings: one module a source behind one small interface.

How it hangs together
---------------------
`source` says what an adapter is: a `SourceSpec` (what is known before the first byte) and a
function ``read(content, received) -> Parsed`` (what the bytes say). It is a pure function of
bytes, so every payload that was kept can be read again. `registry` names them all, `catalogue`
also those that nobody reads yet. What they have in common lies in `payload` (bytes to dicts,
within bounds), `times` (every form of a time), `readings` (units, missing values, ranges) and
`stations` (positions).

Add a feed
----------
1. Fetch one answer by hand and keep it. Look for the list of records in it, for the time of a
   reading and its zone, for the unit, and for the number that means "missing".

   `payload.find_records` finds a bare list, and one under ``records``, ``data``, ``d``,
   ``result``, ``responseData`` or ``value`` (`payload.LIST_NAMES`), in letters of any case. A list
   under a name of its own is handed over with `payload.under`::

       records = find_records(under(read_json(content, SPEC), "gauges"), SPEC)

2. Write a module as this one, `wells.py`::

       '''Water levels in the wells of our city.'''

       import numpy as np

       from twin.feeds.payload import find_records, read_json, unknown_names
       from twin.feeds.readings import parsed
       from twin.feeds.source import Adapter, SourceSpec
       from twin.observations.store import MISSING

       SPEC = SourceSpec(
           name="wells",
           title="Wells of our city",
           owner="Our city",
           licence="CC BY 4.0",
           url="https://data.example.org/wells?key={key}",
           key_setting="FLOODTWIN_WELLS_KEY",  # environment variable; leave out without a key
           cadence_seconds=600.0,
           warn_minutes=30.0,  # older than this: late
           critical_minutes=60.0,  # older than this: lost
           timezone="Europe/Amsterdam",  # for times without an offset
           units={"water_level": {"cm": 1e-2}},  # unit as sent -> factor to SI
           gross_range={"water_level": (-20.0, 400.0)},  # [m]; outside gets flag 4
           sentinels={-99.0: (np.nan, MISSING)},  # this source's own, never a common table
           evidence="payload",
       )


       def read(content, received):
           '''Levels and positions of all wells in one answer.'''
           records = find_records(read_json(content, SPEC), SPEC)
           return parsed(
               [_row(record) for record in records],
               SPEC,
               received,
               stations=[_station(record) for record in records],
               drift=unknown_names(records, {"id", "time", "level", "lon", "lat"}),
           )


       def _row(record):
           return {
               "station_id": record.get("id"),
               "time": record.get("time"),  # as it was sent; never "now" where it is missing
               "property": "water_level",
               "value": record.get("level"),  # as it was sent; never 0 where it is missing
               "unit": "cm",
           }


       def _station(record):
           return {
               "station_id": record.get("id"),
               "name": record.get("id"),
               "kind": "well",
               "property": "water_level",
               "unit": "cm",
               "longitude": record.get("lon"),
               "latitude": record.get("lat"),
           }


       ADAPTER = Adapter(SPEC, read)

3. Add one line to `registry.ADAPTERS`: ``"wells": "wells",``.

4. Try it: ``floodtwin ingest --source wells --file answer.json --store try``. It says how many
   rows were read, kept, flagged and rejected, and why.

5. Write a test with that answer: one good row by hand (time, value in SI), one missing value,
   one bad time. `tests/twin/feeds/test_registry.py` throws faults at every adapter by itself;
   `feed_corpus.py` beside it wants a line in ``MAKERS`` that writes such an answer, and then
   replays it late, twice and corrected.

6. Switch it on in `feeds.toml` (see `configuration`) and run ``floodtwin feeds poll``.

A field that a record may lack is taken with ``record.get("lon")``, and one in a dict inside of a
record with `payload.part`: ``part(record, "pos").get("lon")``. What is missing is then counted as
rejected, or a station without a position; ``record["lon"]`` ends the whole answer, with one line
that names the field.

Where a record holds several properties, it gives one row of a reading *and* one row of a station
for each of them: a series without a row of a station has no position. Where it holds a list of
sensors, `payload.as_list` gives their dicts. Only the names of a record itself come in small
letters: those inside of it stay as they were sent, and `payload.lower_keys` changes them::

    sensors = [lower_keys(sensor) for sensor in as_list(record.get("sensors"))]

Numbers such as ``1.250,5`` need ``decimal_comma=True`` in the contract, and times that no form of
`times` fits, such as ``07/12/2026 11:50``, their ``time_format``. Neither is ever guessed.
A position of (0, 0), or none, is left out and counted in ``counts["positions"]``.

The factor of a unit holds its time, too: ``{"rainfall_rate": {"mm": 1e-3 / 600}}`` where the source
sends millimetres in ten minutes, ``{"mm/h": 1e-3 / 3600}`` where it sends a rate. More stand in
`table_files.UNITS`.

An answer in XML is read by `payload.read_xml`, see `taoyuan`. A list of the stations at another
address is fetched with the readings by `records.gather_with_stations`, see `kaohsiung`.
A table in a file needs no module, but a few lines: see `table_files.adapter_from`. A grid goes
into ``parsed(grids=...)``, see `qpesums`; warnings into `official_warnings.parsed_warnings`,
see `wra_warnings`; what lies ahead into ``Parsed.ahead``, see `cwa_tide_forecast`; pages that
follow one another into ``parsed(next_page=...)``, see `sensorthings`; several addresses that belong
together are fetched by the adapter's `gather`, see `wra_iow`.

Properties: ``rainfall_rate`` [m s-1], ``rainfall_1h`` and ``rainfall_day`` [m], ``water_level``
[m above the datum], ``water_depth`` [m], ``discharge`` [m3 s-1], ``is_wet``, ``pump_state``,
``gate_state``.
"""
