"""Rain on the grid: gauges, radar, nowcast, numerical forecasts."""
