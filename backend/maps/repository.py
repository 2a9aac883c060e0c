"""The one query of the map: scans in a box, gathered in cells, through the door `map_scans` (migration 0010)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from backend.core.database import UnitOfWork

CELLS = text(
    "SELECT n, lon, lat, west_most, south_most, east_most, north_most, uploaded, ingested, graded, failed, newest, id"
    " FROM map_scans(:org, :west, :south, :east, :north, :cell, CAST(:wanted AS jsonb), :most)"
)


async def cells(
    uow: UnitOfWork, org_id: UUID, box: Mapping[str, float], cell: float, wanted: Mapping[str, object], most: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The cells of a box, the one with the newest scan first; at most the `most` newest scans are in them."""
    asked = {"org": org_id, **box, "cell": cell, "wanted": orjson.dumps(wanted).decode(), "most": most}
    return (await uow.session.execute(CELLS, asked)).all()
