"""Where a drone may be, at which layers, over the ground there is."""
