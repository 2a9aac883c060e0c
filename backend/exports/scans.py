"""A scan as a line of an exported table: every column people see in the list, with its unit in the heading."""

from collections.abc import Callable, Sequence

from backend.exports.tables import Cell, TableColumn
from backend.grading.measures.yield_grade import CM2_PER_IN2, MM_PER_IN
from backend.scans.schemas import ScanRow

PER_UNIT = {"cm²": ("in²", CM2_PER_IN2, 3), "mm": ("in", MM_PER_IN, 3)}
"""What people with imperial units read, how many of ours it has, and its digits."""


def scan_columns(units: str) -> Sequence[TableColumn]:
    """The columns of a table of `ScanRow`s for who reads `units` (metric, imperial)."""
    return (
        TableColumn("Capture", lambda scan: scan.capture_id),
        TableColumn("Animal", lambda scan: scan.animal_tag),
        TableColumn("Farm", lambda scan: scan.farm_name),
        TableColumn("Group", lambda scan: scan.group_name),
        TableColumn("Device", lambda scan: scan.device_code),
        TableColumn("Captured", lambda scan: scan.captured_at, "UTC"),
        TableColumn("Received", lambda scan: scan.created_at, "UTC"),
        TableColumn("Status", lambda scan: scan.status),
        TableColumn("Review", lambda scan: scan.review),
        _measure("Ribeye area", "cm²", lambda scan: scan.rea_cm2, units),
        _measure("Backfat", "mm", lambda scan: scan.backfat_mm, units),
        TableColumn("Confidence", lambda scan: scan.confidence, "0 to 1"),
        TableColumn("Graded by", lambda scan: "a person" if scan.certainty == "person" else scan.graded_by),
        TableColumn("Abstained", lambda scan: scan.certainty == "abstained"),
        TableColumn("Device's claim", lambda scan: scan.agreement),
        TableColumn("Label", lambda scan: scan.label),
        TableColumn("Clarity", lambda scan: scan.clarity),
        TableColumn("Usability", lambda scan: scan.usability),
        TableColumn("Kind", lambda scan: scan.kind),
        TableColumn("Flags", lambda scan: ", ".join(scan.flags) or None),
    )


def _measure(label: str, unit: str, read: Callable[[ScanRow], float | None], units: str) -> TableColumn:
    if units != "imperial":
        return TableColumn(label, read, unit)
    theirs, size, digits = PER_UNIT[unit]

    def converted(scan: ScanRow) -> Cell:
        value = read(scan)
        return None if value is None else round(value / size, digits)

    return TableColumn(label, converted, theirs)
