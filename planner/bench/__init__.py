"""Solvers side by side on public problems."""
