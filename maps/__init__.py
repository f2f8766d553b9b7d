"""Draw what people look at: the map and the report."""

from maps.map_page import draw_plan
from maps.page import MapPage, ReportPage
from maps.report_page import report

__all__ = ["MapPage", "ReportPage", "draw_plan", "report"]
