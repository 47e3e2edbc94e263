"""What a screen sees: map tiles of the city and of the water."""
