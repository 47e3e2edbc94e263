"""What is known of each object of the city: observed, simulated and forecast."""
