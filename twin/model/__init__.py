"""The semantic 3D city: objects with identity, read, checked, repaired and written."""
