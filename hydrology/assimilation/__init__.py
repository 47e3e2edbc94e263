"""Readings of level and road sensors correct the members of a forecast."""
