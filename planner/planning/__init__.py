"""From a scenario to a plan: the stages, their time, and what is left out."""
