"""Legs between places: round what is closed, in the wind, over the ground there is."""
