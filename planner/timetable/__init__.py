"""From chosen routes to a timetable: paths, clocks, layers, rosters."""
