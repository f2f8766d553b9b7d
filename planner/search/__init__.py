"""The search for routes: part by part, piece by piece, until the budget ends."""
