"""Scenarios that ship with the planner."""
