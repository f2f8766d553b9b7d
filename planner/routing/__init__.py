"""Vehicle routing in whole numbers, as any solver understands it."""
