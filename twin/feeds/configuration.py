"""Which feeds a city has switched on, from `feeds.toml` in its data folder."""

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from twin.errors import InputError, MissingError
from twin.feeds.fetch import Access
from twin.feeds.registry import ADAPTERS, adapter
from twin.feeds.table_files import adapter_from

FILE = "feeds.toml"
SAMPLE = Path(__file__).with_name("sample_feeds.toml")
"""A `feeds.toml` that shows every key."""

OFF = "#: "
"""How a line of the sample begins that is not in force."""


@dataclass(frozen=True)
class FeedSetting:
    """One table ``[feeds.NAME]``; what is left out is as the source's contract says.

    Parameters
    ----------
    on : bool
        Whether it is polled.
    url : str
        Instead of the address in the contract. Of sources that are several tables (`wra_iow`,
        `wra_river`) a host alone, such as ``https://mirror.example/``, is asked for all tables at
        their own paths; an address with a path of its own is asked as it stands, for one table.
    key_setting : str
        Name of the environment variable with the key, instead of that in the contract.
    headers : dict
        Sent along; a value may hold ``{key}``.
    folder : str
        Files that are dropped here are taken, instead of asking an address: answers of the source
        as it sends them, of a kind in `twin.feeds.drop_folder.SUFFIXES`.
    columns : str
        TOML file that says what the columns of dropped tables are; the feed then bears the name
        that stands in it. See `twin.feeds.table_files.adapter_from`.
    broker, topic : str
        MQTT broker, such as ``mqtt://localhost:1883``, and what to hear of it.
    trust : str
        PEM file of an authority to be trusted besides the public ones.
    keep_days : float
        How long raw payloads are kept [days]; 0 for ever.
    """

    on: bool = True
    url: str = ""
    key_setting: str = ""
    headers: dict = field(default_factory=dict)
    folder: str = ""
    columns: str = ""
    broker: str = ""
    topic: str = ""
    trust: str = ""
    keep_days: float = 0.0


@dataclass(frozen=True)
class Configuration:
    """All of `feeds.toml`.

    Parameters
    ----------
    feeds : dict
        ``name -> FeedSetting``, in the order of the file.
    store : str
        Folder or PostgreSQL address of the observations.
    allow_loopback : bool
        Whether a source may run on this machine.
    """

    feeds: dict = field(default_factory=dict)
    store: str = "stores/feeds"
    allow_loopback: bool = False


def read_configuration(data):
    """The configuration of a data folder; without a file, no feed is on.

    Parameters
    ----------
    data : path
        Folder that may hold `feeds.toml`. Relative paths in it start here.

    Returns
    -------
    Configuration

    Raises
    ------
    InputError
        The file is no TOML, or names what is not known.
    """
    file = Path(data) / FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Configuration(store=str(Path(data) / Configuration.store))
    except (ValueError, OSError) as error:
        raise InputError(
            f"{file} cannot be read ({error}), expected TOML with tables [feeds.NAME]; correct it"
        ) from None
    tables = content.pop("feeds", {})
    if not isinstance(tables, dict):
        raise InputError(f"feeds in {file} is no table, expected [feeds.NAME]; correct it")
    feeds = {name: _feed(name, table, Path(data)) for name, table in tables.items()}
    values = _checked(content, Configuration, FILE)
    values["store"] = _place(values.get("store", Configuration.store), Path(data))
    return Configuration(**{**values, "feeds": feeds})


def adapter_of(name, setting):
    """The adapter of a feed: that of the registry, or of a table with columns of its own.

    Where a source is several tables and the city names the address of one, only that is asked.

    Raises
    ------
    MissingError
        There is no such source or file.
    InputError
        The file of the columns is not right, or bears another name.
    """
    if not setting.columns:
        known = adapter(name)
        return known._replace(gather=None) if _is_one_table(known.spec, setting.url) else known
    own = adapter_from(setting.columns)
    if own.spec.name != name:
        raise InputError(
            f"{setting.columns} names its source {own.spec.name!r}, expected {name!r} as in "
            f"[feeds.{name}]; correct one of them"
        )
    return own


def access_of(spec, setting, allow_loopback=False):
    """How a source may be asked, with its key from the environment.

    Raises
    ------
    MissingError
        The key is not set.
    """
    name = setting.key_setting or spec.key_setting
    key = os.environ.get(name, "").strip() if name else ""
    asks_key = "{key}" in "".join([setting.url or spec.url, *setting.headers.values()])
    if asks_key and not key:
        raise MissingError(
            f"{spec.name} needs a key, expected it in the environment variable "
            f"{name or 'that key_setting names'}; ask {spec.owner or 'its owner'} for one"
        )
    return Access(
        key=key,
        headers=tuple(setting.headers.items()),
        relaxed_x509=spec.relaxed_x509,
        trust=setting.trust or None,
        hosts=tuple(spec.other_hosts),
        allow_loopback=allow_loopback,
        max_bytes=spec.max_bytes,
    )


def _feed(name, table, data):
    if name not in ADAPTERS and not (isinstance(table, dict) and table.get("columns")):
        raise InputError(
            f"[feeds.{name[:60]}] in {FILE} is not known, expected one of "
            f"{', '.join(sorted(ADAPTERS))}, or a table with columns; correct it"
        )
    values = _checked(table, FeedSetting, f"[feeds.{name}]")
    for key in ("folder", "columns", "trust"):
        if values.get(key):
            values[key] = str(data / values[key])
    return FeedSetting(**values)


def _is_one_table(spec, url):
    paths = ("", "/", urlsplit(spec.url).path)
    return spec.is_tables and bool(url) and urlsplit(url).path not in paths


def _place(store, data):
    return store if "://" in store else str(data / store)


def _checked(table, kind, where):
    """The values of a table, each known and of the type of its default."""
    table = table if isinstance(table, dict) else {where: table}
    known = {entry.name: entry for entry in fields(kind) if entry.name != "feeds"}
    for name, value in table.items():
        if name not in known:
            raise InputError(
                f"{name[:60]!r} in {where} is not known, expected one of "
                f"{', '.join(known)}; correct it"
            )
        expected = known[name].type
        is_number = expected is float and isinstance(value, int) and not isinstance(value, bool)
        texts = value.values() if isinstance(value, dict) else ()
        if not (isinstance(value, expected) or is_number) or not all(
            isinstance(text, str) for text in texts
        ):
            raise InputError(
                f"{name} in {where} is {str(value)[:60]!r}, expected {expected.__name__}; "
                "correct it"
            )
    return dict(table)
