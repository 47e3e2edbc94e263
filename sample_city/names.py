"""Made-up names of places, in English letters and in Chinese characters."""

import numpy as np

from sample_city.noise import unit

_FIRST = (
    ("Mu", "沐"), ("Cheng", "澄"), ("Lan", "嵐"), ("Lang", "朗"), ("Qi", "棲"),
    ("Cui", "翠"), ("Xi", "曦"), ("Lin", "霖"), ("Yun", "筠"), ("Wei", "葳"),
    ("Hao", "皓"), ("Jing", "靖"), ("Rui", "蕊"), ("Ying", "瀅"), ("Zhen", "蓁"),
    ("Ru", "茹"), ("Yan", "硯"), ("Qing", "磬"), ("Luo", "珞"), ("Fei", "緋"),
    ("Heng", "蘅"), ("Ke", "珂"), ("Shu", "黍"), ("Tong", "桐"),
)  # fmt: skip
_SECOND = (
    ("yuan", "原"), ("ze", "澤"), ("ling", "嶺"), ("ting", "汀"), ("zhu", "渚"),
    ("tang", "塘"), ("ye", "野"), ("ji", "磯"), ("ping", "坪"), ("lun", "崙"),
    ("wan", "灣"), ("pu", "浦"), ("keng", "坑"), ("yang", "洋"), ("qiao", "橋"),
    ("du", "渡"), ("feng", "楓"), ("chuan", "川"), ("gu", "谷"), ("an", "岸"),
)  # fmt: skip


def place_names(seed, channel, count):
    """So many different names in an order that belongs to the seed.

    Parameters
    ----------
    seed : int
    channel : str
        What is named; the same pair of syllables may name a district and a street.
    count : int

    Returns
    -------
    list of (str, str)
        English letters and Chinese characters; numbered from the 481st on.
    """
    pairs = [(a[0] + b[0], a[1] + b[1]) for a in _FIRST for b in _SECOND]
    order = np.argsort(unit(seed, f"names {channel}", np.arange(len(pairs))), kind="stable")
    names = []
    for index in range(count):
        latin, chinese = pairs[order[index % len(pairs)]]
        turn = index // len(pairs)
        names.append((f"{latin} {turn + 1}", f"{chinese}{turn + 1}") if turn else (latin, chinese))
    return names


def street_names(plan):
    """Names of all columns and all rows of the street net.

    Returns
    -------
    tuple of two lists of (str, str)
        For columns and rows: a road has a name, a side street is a lane of the road before it.
    """
    columns, rows = plan.streets.columns, plan.streets.rows
    mains = int((columns.kind > 1).sum() + (rows.kind > 1).sum()) + 2
    pool = iter(place_names(plan.seed, "streets", mains))
    return _named(columns.kind, pool), _named(rows.kind, pool)


def _named(kinds, pool):
    names, lane = [], 0
    road, road_zh = next(pool)
    for kind in kinds:
        if kind > 1:
            (road, road_zh), lane = next(pool), 0
            suffix = ("Expressway", "快速道路") if kind == 3 else ("Road", "路")
            names.append((f"{road} {suffix[0]}", road_zh + suffix[1]))
        else:
            lane += 6
            names.append((f"{road} Road Lane {lane}", f"{road_zh}路{lane}巷"))
    return names
