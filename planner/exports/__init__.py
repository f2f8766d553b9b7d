"""A plan in the formats of other programs, each found by its name."""
