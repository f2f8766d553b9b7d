"""What contradicts itself in a scenario, all at once."""
