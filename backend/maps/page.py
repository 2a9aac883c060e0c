"""The map as one HTML file that needs nothing else, for reports and mails: folium draws it, Leaflet is written into it.

Folium's own links lead to foreign hosts and are left out; the only address in the file is that of the base layer, where
one is configured. What people typed is escaped before it gets here, because the file puts it into its tooltips as HTML.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.maps import service
from backend.maps.schemas import MapDevice, MapFarm, MapFilters, MapOut
from backend.maps.service import WHOLE_EARTH, Cell

LEAFLET = Path(__file__).parent / "leaflet-1.9.4"
SCANS_MOST = 5_000
FARM_COLOUR, DEVICE_COLOUR = "#1f7a53", "#17201b"
STATUSES = {
    "uploaded": ("Uploaded", "#5f6c64"),
    "ingested": ("Waiting for a grade", "#2a66c4"),
    "graded": ("Graded", "#1f7a53"),
    "failed": ("Failed", "#b83527"),
}
"""What a scan's status is called, and its colour: those of the pages."""
CSS = """
html, body { margin: 0; height: 100%; font: 14px/20px system-ui, sans-serif; color: #17201b }
.folium-map { position: absolute; inset: 0; background: #e9ede8 }
#words { position: absolute; z-index: 1000; left: 12px; bottom: 24px; max-width: 260px; padding: 12px 14px;
  border-radius: 10px; background: #fff; box-shadow: 0 1px 6px rgb(0 0 0 / .25) }
#words h1 { margin: 0 0 4px; font-size: 15px }
#words ul { margin: 6px 0 0; padding: 0; list-style: none }
#words i { display: inline-block; width: 10px; height: 10px; margin-right: 8px; border-radius: 50% }
#words small { color: #5f6c64 }
.map-words td { padding: 0; text-align: left; white-space: pre-line }
"""


async def render_map(uow: UnitOfWork, filters: MapFilters) -> str:
    """The asker's farms, devices and newest scans as one HTML document."""
    shown = await service.overview(uow)
    scans = await service.scans_in(uow, WHOLE_EARTH, None, filters, listed=SCANS_MOST)
    return await asyncio.to_thread(draw, shown, scans.cells, more=scans.more)


def draw(shown: MapOut, scans: list[Cell], *, more: bool = False) -> str:
    """Draw the document. Takes a second for thousands of scans, so not on the event loop."""
    import folium  # brings numpy and requests along, which no other page needs

    plain: dict[str, Any] = {"tiles": None, "attribution_control": False, "prefer_canvas": True}
    drawn = folium.Map(location=(0, 0), zoom_start=2, **plain)
    drawn.default_js, drawn.default_css = [], []
    root: Any = drawn.get_root()
    root.header.add_child(folium.Element(_leaflet()))
    if shown.tiles:
        folium.TileLayer(shown.tiles.url, attr=escape(shown.tiles.attribution) or " ").add_to(drawn)
    for features, colour in (
        ([_farm(farm) for farm in shown.farms if farm.geometry], FARM_COLOUR),
        ([_scan(cell) for cell in scans], ""),
        ([_device(device) for device in shown.devices], DEVICE_COLOUR),
    ):
        if features:
            _layer(features, colour).add_to(drawn)
    if shown.bounds:
        west, south, east, north = shown.bounds
        drawn.fit_bounds([(south, west), (north, east)], padding=(24, 24), max_zoom=17)
    root.html.add_child(folium.Element(_words(shown, len(scans), more=more)))
    return str(root.render())


def _layer(features: list[dict[str, Any]], colour: str) -> Any:
    import folium

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        own = colour or feature["properties"]["colour"]
        return {"color": own, "weight": 2, "fillColor": own, "fillOpacity": 0.25 if colour else 0.8}

    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=style,
        marker=folium.CircleMarker(radius=8 if colour else 6),
        tooltip=folium.GeoJsonTooltip(["words"], labels=False, class_name="map-words"),
        smooth_factor=0.5,
    )


def _feature(geometry: dict[str, Any], words: Iterable[str], **more: str) -> dict[str, Any]:
    said = "\n".join(escape(line) for line in words if line)
    return {"type": "Feature", "properties": {"words": said, **more}, "geometry": geometry}


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def _farm(farm: MapFarm) -> dict[str, Any]:
    assert farm.geometry is not None  # noqa: S101 (asked before)
    named = farm.properties
    return _feature(farm.geometry, [named["name"], f"{named['area_ha']:,.1f} ha · {named['area_ac']:,.0f} ac"])


def _device(device: MapDevice) -> dict[str, Any]:
    seen = f"Last heard of {device.last_seen_at:%Y-%m-%d %H:%M} UTC" if device.last_seen_at else "Never heard of"
    where = "" if device.exact else "Shown at its farm: no capture with a position"
    lines = [device.label or device.code, device.farm_name or "", seen, where]
    return _feature(_point(device.lon, device.lat), lines)


def _scan(cell: Cell) -> dict[str, Any]:
    status = next(name for name in STATUSES if getattr(cell, name))
    label, colour = STATUSES[status]
    lines = [label, f"{cell.newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC"]
    return _feature(_point(cell.lon, cell.lat), lines, colour=colour)


@lru_cache(maxsize=1)
def _leaflet() -> str:
    """Leaflet's code and styles as they stand in a document; its pictures, which this map does not use, left out."""
    code = (LEAFLET / "leaflet.js").read_text(encoding="utf-8").partition("//# sourceMappingURL")[0]
    rules = (LEAFLET / "leaflet.css").read_text(encoding="utf-8").splitlines()
    style = "\n".join(line for line in rules if "url(" not in line)
    return f"<title>Map</title><style>{style}{CSS}</style><script>{code}</script>"


def _words(shown: MapOut, scans: int, *, more: bool) -> str:
    counted = f"the newest {_many(scans, 'scan')}" if more else _many(scans, "scan")
    head = ", ".join((_many(len(shown.farms), "farm"), _many(len(shown.devices), "device"), counted))
    lines = "".join(
        f'<li><i style="background:{colour}"></i>{label}</li>'
        for label, colour in [*STATUSES.values(), ("Device", DEVICE_COLOUR)]
    )
    named = f"<small>{escape(shown.tiles.attribution)}</small>" if shown.tiles else ""
    return (
        f'<section id="words"><h1>{head}</h1>'
        f"<small>As of {utc_now():%Y-%m-%d %H:%M} UTC</small><ul>{lines}</ul>{named}</section>"
    )


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
