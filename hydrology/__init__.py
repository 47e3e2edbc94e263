"""What water does to the city: knows rasters, not cities or databases."""
