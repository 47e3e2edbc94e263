"""The HTTP service: routes, models, and what it shows."""
