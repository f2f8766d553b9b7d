"""Routes that a scenario names as fixed: which can be flown, and what they serve."""
