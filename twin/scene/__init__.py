"""Pictures of the city in perspective."""
