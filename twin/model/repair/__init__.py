"""Mends what is wrong in a city model."""
