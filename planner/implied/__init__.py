"""What follows from a scenario alone: heights, winds, bureaux, fixed flights."""
