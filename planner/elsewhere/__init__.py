"""Routes that end at another station, where that saves drones."""
