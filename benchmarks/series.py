"""Series of references: times and values of a CSV."""

import pandas as pd

from twin.errors import InputError, MissingError


def read_series(path, column):
    """Times [s] and values of a CSV or of a table with tabs, without its gaps.

    Parameters
    ----------
    path : pathlib.Path
        The file; its first column holds the times, lines before the header may begin with #.
    column : str
        Name of the column with the values.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It has no such column.
    """
    if not path.is_file():
        raise MissingError(f"{path} is not there, expected a series; check the case file")
    separator = "\t" if path.suffix == ".txt" else ","
    frame = pd.read_csv(path, sep=separator, comment="#", skipinitialspace=True)
    if column not in frame:
        raise InputError(
            f"{path.name} has no column {column}, expected one of "
            f"{', '.join(map(str, frame.columns))[:80]}; correct the check"
        )
    rows = frame[[frame.columns[0], column]].apply(pd.to_numeric, errors="coerce").dropna()
    return rows.iloc[:, 0].to_numpy(float), rows.iloc[:, 1].to_numpy(float)
