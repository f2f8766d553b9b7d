"""What needs nothing of the project: time of day, geometry, flight, light, ground."""
