"""Roads in the water: passability, routes, shelters, who is cut off."""
