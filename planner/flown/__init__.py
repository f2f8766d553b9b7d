"""What a plan's flown paths show, recomputed: where, when, how near, what is seen."""
