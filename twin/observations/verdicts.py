"""What quality control said of readings: beside the values, never in their place."""

import numpy as np
from sqlalchemy import and_, delete, insert, select

from twin.errors import InputError
from twin.observations.archive import take_back_days
from twin.observations.rows import DAY_MS, as_tuples, clean_names, column_to_ms, series_ids
from twin.observations.tables import JUDGED, READING, SERIES_NAMES, VERDICT

VERDICT_COLUMNS = (*SERIES_NAMES, "phenomenon_time", "flag", "tests")
"""Of a frame of verdicts: whose reading, its QARTOD flag, and a bit for each test that struck."""

_FLAGS = (1, 2, 3, 4, 9)


def judge(database, archive, verdicts):
    """Keep verdicts; see `twin.observations.store.ObservationStore.judge`."""
    with database.writing() as connection:
        rows = clean_names(verdicts)
        rows["phenomenon_ms"] = column_to_ms(verdicts["phenomenon_time"])
        rows["flag"] = verdicts["flag"].astype("int64")
        rows["tests"] = verdicts["tests"].astype("int64")
        take_back_days(
            database, connection, archive, rows["source_id"], rows["phenomenon_ms"] // DAY_MS
        )
        rows["series_id"] = series_ids(connection, rows)
        rows = rows.dropna(subset="series_id")
        rows = rows.drop_duplicates(["series_id", "phenomenon_ms"], keep="last")
        JUDGED.create(connection, checkfirst=False)
        names = [column.name for column in JUDGED.columns]
        database.fill(connection, JUDGED, as_tuples(rows[names]))
        return _replace(database, connection)


def check_verdicts(frame):
    """Refuse a frame that holds no verdicts.

    Parameters
    ----------
    frame : pandas.DataFrame
        To be of the columns `VERDICT_COLUMNS`.

    Raises
    ------
    InputError
        A column is missing, a flag is none of QARTOD's, a time is missing or has no zone.
    """
    absent = [name for name in VERDICT_COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"verdicts without {', '.join(absent)}, expected the columns "
            f"{', '.join(VERDICT_COLUMNS)}"
        )
    strange = set(frame["flag"].unique()) - set(_FLAGS)
    if strange:
        raise InputError(
            f"verdicts with the flag {min(strange, key=str)}, expected one of "
            f"{', '.join(map(str, _FLAGS))}; take the flags of QARTOD"
        )
    if frame["phenomenon_time"].isna().any() or frame["tests"].isna().any():
        raise InputError(
            "verdicts without a time or tests, expected both in every row; leave such rows out"
        )


def worse_flag(flag, verdict):
    """The worse of a source's flag and a verdict; the source's own where nobody judged.

    Parameters
    ----------
    flag : pandas.Series of int
        QARTOD flags of the adapter.
    verdict : pandas.Series of Int64
        QARTOD flags of quality control, <NA> where there is none.

    Returns
    -------
    pandas.Series of int
    """
    return np.maximum(flag, verdict.fillna(0).astype("int64"))


def _replace(database, connection):
    """Put the rows of `JUDGED` in the place of older ones, as far as there is such a reading."""
    j = JUDGED.c
    is_read = (
        select(READING.c.series_id)
        .where(READING.c.series_id == j.series_id, READING.c.phenomenon_ms == j.phenomenon_ms)
        .correlate(JUDGED)
        .exists()
    )
    connection.execute(delete(JUDGED).where(~is_read))
    same = and_(VERDICT.c.series_id == j.series_id, VERDICT.c.phenomenon_ms == j.phenomenon_ms)
    row_id = database.row_id(VERDICT)
    older = select(row_id).select_from(JUDGED.join(VERDICT, same))
    connection.execute(delete(VERDICT).where(row_id.in_(older)))
    names = [column.name for column in VERDICT.columns]
    return connection.execute(insert(VERDICT).from_select(names, select(JUDGED))).rowcount
