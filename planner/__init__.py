"""Plan fixed patrol routes for drones, and prove what they promise."""
