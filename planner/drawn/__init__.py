"""Routes that others drew: what they see, how often, against a plan's."""
