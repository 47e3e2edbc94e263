"""CSVs that a case file names: points, polygons, stages and series."""

import numpy as np

from twin.errors import InputError, MissingError


def read_csv(path, header=0):
    """Read a CSV that a case names.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    header : int or None
        Its line of names; None where it has none.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is not a CSV.
    """
    import pandas as pd

    if not path.is_file():
        raise MissingError(f"{path} is not there, expected a CSV; check the case file")
    try:
        return pd.read_csv(path, header=header, skipinitialspace=True)
    except ValueError as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"{path.name} is not a CSV ({reason}), expected rows of x, y") from None


def numbers(frame, column, path, may_be_empty=False):
    """Column of a CSV as numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the file.
    column : str or int
        Which column.
    path : pathlib.Path
        The file, for messages.
    may_be_empty : bool
        Whether a cell without text is NaN instead of an error.

    Returns
    -------
    numpy.ndarray
        Finite, or NaN where empty; shape (n,).

    Raises
    ------
    InputError
        There is no such column, or a cell of it is no number.
    """
    import pandas as pd

    if column not in frame:
        raise InputError(
            f"{path.name} has no column {column}, expected it among "
            f"{', '.join(map(str, frame.columns))[:80]}; correct the name"
        )
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(float)
    is_wrong = ~np.isfinite(values)
    if may_be_empty:
        is_wrong &= frame[column].notna().to_numpy()
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise InputError(
            f"{path.name} has {str(frame[column].iloc[row])[:40]!r} in column {column} of row "
            f"{row + 1}, expected a number; correct it"
        )
    return values


def read_rows(path, columns="x, y", least=1):
    """Read a CSV of two columns of numbers, with or without a line of names.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : str
        What they hold, for messages.
    least : int
        Rows that it needs.

    Returns
    -------
    tuple of numpy.ndarray
        Rising first column and the second one; shapes (n,).

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It has other columns, too few rows, a cell that is no number, or does not rise.
    """
    frame = read_csv(path, header=None)
    if frame.shape[1] == 2 and not _is_number(frame.iloc[0, 0]):
        frame = frame.iloc[1:].reset_index(drop=True)
    if frame.shape[1] != 2 or len(frame) < least:
        raise InputError(
            f"{path.name} has {len(frame)} rows of {frame.shape[1]} columns, expected {least} or "
            f"more of {columns}; is it cut off?"
        )
    first, second = (numbers(frame, column, path) for column in (0, 1))
    if (np.diff(first) <= 0).any():
        row = int(np.argmax(np.diff(first) <= 0)) + 2
        raise InputError(
            f"{path.name} does not rise in its first column at row {row}, expected rising values; "
            "sort the rows and drop repeated ones"
        )
    return first, second


def _is_number(text):
    try:
        return np.isfinite(float(text))
    except (TypeError, ValueError):
        return False
