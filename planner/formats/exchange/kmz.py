"""Write KML in its archive, about a tenth of the size."""

from __future__ import annotations

from planner.formats.archive import zipped
from planner.formats.exchange.kml import kml_document
from planner.formats.handover import Handover


def export(handover: Handover) -> dict[str, bytes]:
    """Return ``plan.kmz``."""
    return {"plan.kmz": zipped({"doc.kml": kml_document(handover)})}
