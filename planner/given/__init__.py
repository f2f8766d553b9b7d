"""What a scenario is made of: drones, crews, wind, horizon, objectives."""
