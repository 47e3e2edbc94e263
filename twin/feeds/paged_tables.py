"""Tables of Taiwan's water agency that come in pages, and tables that belong together."""

import json

from twin.errors import InputError
from twin.feeds.payload import find_records, read_json

ADDRESS = "https://opendata.wra.gov.tw/api/v2/{table}?format=JSON&sort=_importdate%20asc"
PAGE_SIZE = 1000
MOST_PAGES = 20
ATTEMPTS = 3
"""How often all tables are asked for before the source is given up."""


def gather_tables(get, tables, spec):
    """All pages of several tables, as one content.

    Parameters
    ----------
    get : callable
        ``get(url) -> bytes``.
    tables : dict
        ``name -> (number of the table, names of the fields that tell its rows apart)``.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.

    Returns
    -------
    bytes
        JSON: the rows of each table under its name.

    Raises
    ------
    InputError
        The pages still repeat rows after `ATTEMPTS` attempts, or do not end.

    Notes
    -----
    The service sometimes gives a page twice and then leaves out another. What came is then
    short without saying so; all of it is asked for again.
    """
    for _ in range(ATTEMPTS):
        found = {name: _rows(get, *table, spec) for name, table in tables.items()}
        if None not in found.values():
            return json.dumps(found, ensure_ascii=False).encode()
    raise InputError(
        f"the pages of {spec.name} repeat rows in {ATTEMPTS} attempts, expected each row once; "
        "ask again later"
    )


def _rows(get, table, fields, spec):
    """All rows of a table; None where pages repeat rows, or one page contradicts itself."""
    address, rows, seen = ADDRESS.format(table=table), [], set()
    for page in range(1, MOST_PAGES + 1):
        url = f"{address}&page={page}&size={PAGE_SIZE}"
        fresh = find_records(read_json(get(url), spec), spec)
        by_name = {tuple(str(row.get(field)) for field in fields): row for row in fresh}
        contradicts = any(
            by_name[tuple(str(row.get(field)) for field in fields)] != row for row in fresh
        )
        if contradicts or seen & set(by_name):
            return None
        rows, seen = rows + list(by_name.values()), seen | set(by_name)
        if len(fresh) < PAGE_SIZE:
            return rows
    raise InputError(
        f"a table of {spec.name} has more than {MOST_PAGES} pages, expected fewer; the source has "
        "changed"
    )
