"""Scores of forecasts against what came true, each with its sample size and its interval.

| concept | file |
|---|---|
| forecast and truth side by side, case by case | `pairs.py` |
| where and when: cells around a point, windows of time | `matching.py`, `pairing.py` |
| hits, misses, false alarms and their ratios | `contingency.py` |
| Brier, reliability, ROC, CRPS, spread and skill | `probabilistic.py` |
| lead time achieved before each onset | `lead_time.py` |
| persistence, the forecast that has to be beaten | `reference_forecasts.py` |
| intervals: blocks drawn again | `bootstrap.py` |
| all of it as rows | `table.py` |
"""
