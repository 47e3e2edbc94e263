"""Readings as they came in, kept for good: the store and its parts."""
