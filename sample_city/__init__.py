"""A generated city with its storm and its sensor archive, at any size."""
