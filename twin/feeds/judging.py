"""Quality control of what came in: the news, and all whose verdict the news can change."""

import pandas as pd

from twin.quality.judge import history, judge, lookahead
from twin.quality.rules import read_rules

_MOMENT = pd.Timedelta(milliseconds=1)
_FAR = pd.Timedelta(days=3650)


def judge_news(store, since, rules=None):
    """Judge the readings received from a time on, with those around them.

    Parameters
    ----------
    store : twin.observations.store.ObservationStore
        Its verdicts are replaced in the window that the news can change.
    since : pandas.Timestamp
        First time of receipt of the news, with a zone.
    rules : twin.quality.rules.Rules, optional
        Default those of Floodtwin.

    Returns
    -------
    int
        Verdicts kept.

    Raises
    ------
    DeviceError
        The store cannot be written.
    """
    news = store.changed_since(since - _MOMENT, before=since + _FAR)
    if news.empty:
        return 0
    rules = read_rules() if rules is None else rules
    start = news["start"].min() - lookahead(rules)
    names = store.latest()["property"].unique()
    frames = [store.series(name, start=start - history(rules)) for name in names]
    verdicts = judge(pd.concat(frames, ignore_index=True), _placed(store.stations()), rules)
    return store.judge(verdicts[verdicts["phenomenon_time"] >= start])


def _placed(stations):
    """Stations with a point, or None where there are none."""
    placed = stations[stations.geometry.notna() & ~stations.geometry.is_empty]
    return placed if len(placed) else None
