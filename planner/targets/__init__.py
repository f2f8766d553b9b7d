"""
Cut zones into targets: viewpoints, sweep tiles and line pieces.

`discretise` is the verb; each kind of zone has its module.
"""

from planner.targets.cut import discretise as discretise
from planner.targets.model import Discretised as Discretised
from planner.targets.model import Target as Target
from planner.targets.model import Way as Way
