"""Sources of readings: one adapter a source; `twin.feeds.registry.parse` finds it by name."""
