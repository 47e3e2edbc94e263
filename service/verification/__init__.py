"""Scores of forecasts against what came true."""
