"""Read who pilots the drones, from ``[crews]`` in ``scenario.toml``."""

from __future__ import annotations

from planner.formats.settings import FILE, Settings
from planner.formats.table import Fault, Notes
from planner.formats.weekdays import active_hours
from planner.given.crews import Break, Crews


def crews_of(settings: Settings, notes: Notes) -> Crews | None:
    """Return the crews, None where nothing is said; breaks at no hours are noted."""
    table = settings.crews
    if table is None:
        return None
    if table.pilots is None and not table.districts and not table.breaks:
        notes.add("E-TOML-MISSING", FILE, "crews.pilots", name="crews.pilots")
    breaks: list[Break] = []
    for index, row in enumerate(table.breaks):
        try:
            daily, weekly = active_hours("hours", row.hours)
        except Fault as fault:
            notes.add_fault(fault, FILE, f"crews.breaks[{index}].hours")
            continue
        breaks.append(
            Break(hours=daily, weekly=weekly, pilots=row.pilots, district=row.district)
        )
    return Crews(
        drones_per_pilot=table.drones_per_pilot,
        pilots=table.pilots,
        districts=tuple(sorted(table.districts.items())),
        breaks=tuple(
            sorted(breaks, key=lambda b: (b.district, b.hours, b.weekly, b.pilots))
        ),
    )
