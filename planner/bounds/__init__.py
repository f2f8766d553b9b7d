"""
Say what no plan can beat, and prove it.

Two bounds on the drones of the busiest period, each for a class of plans that
is named by its assumptions; `docs/bounds.md` has the argument. A certificate
holds what is needed to see that they are right without any search: whoever
reads a plan's file recomputes them. Everything here follows from a scenario and
the flown paths of a plan; nothing knows how the plan was made.
"""
