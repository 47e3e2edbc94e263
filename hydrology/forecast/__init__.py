"""The ensemble of floods, and what it says of places."""
