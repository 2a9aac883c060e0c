"""The area the browser shows while somebody draws: its own formula, held to PostGIS's answer."""

import asyncio
import json
import math
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.farms.geometry import Corner

SCRIPT = Path(__file__).parents[3] / "components" / "widgets" / "boundary" / "area.js"
NODE = shutil.which("node", path=str(Path(__file__).parents[3] / ".venv" / "bin")) or shutil.which("node")
AREA = text("SELECT ST_Area(ST_GeomFromGeoJSON(:polygon)::geography)")


def star(dice: random.Random, lat: float, radius_deg: float) -> list[Corner]:
    """A polygon of a random outline round a random point at a latitude."""
    lon, corners = dice.uniform(-179, 179), dice.randint(3, 12)
    around = [dice.uniform(0.3, 1) * radius_deg for _ in range(corners)]
    circle = [(step / corners, reach) for step, reach in enumerate(around)]
    return [
        (lon + reach * _cos(turn) / max(0.1, _cos(lat / 360)), lat + reach * _cos(turn - 0.25))
        for turn, reach in circle
    ]


def _cos(turns: float) -> float:
    return math.cos(math.tau * turns)


@pytest.mark.skipif(NODE is None, reason="needs the Node that the virtual environment brings")
async def test_the_live_area_agrees_with_postgis_within_a_thousandth(runtime: Runtime) -> None:
    dice = random.Random(11)
    rings = [star(dice, lat, size) for lat in (-75, -53, -12, 0, 31, 53.4, 78) for size in (0.0005, 0.01, 0.05)]
    asked = f"console.log(JSON.stringify({json.dumps(rings)}.map(areaM2)))"
    program = f"import {{ areaM2 }} from {json.dumps(SCRIPT.as_uri())}; {asked}"
    command = [str(NODE), "--no-warnings", "--input-type=module", "-e", program]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        for ring, live_m2 in zip(rings, json.loads(done.stdout), strict=True):
            polygon = json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
            true_m2 = (await uow.session.execute(AREA, {"polygon": polygon})).scalar_one()
            assert live_m2 == pytest.approx(true_m2, rel=1e-3)
