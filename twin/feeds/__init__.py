"""Sources of readings: one adapter a source."""
