"""The feeds of a data folder: poll, watch, replay, health."""
