"""Readers of other formats: one module a format."""
