"""Boundaries as they come in: GeoJSON of several kinds, taken apart into single polygons and checked in words.

What can be told from the numbers alone is told here; whether a ring crosses itself is PostGIS's to say
(`in_words` turns its answer into a sentence with the place).
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.errors import FieldError, Invalid

FEWEST_CORNERS = 3
MOST_CORNERS = 5_000
MOST_POLYGONS = 50
LABEL_CHARS = 120
HALF_TURN_DEG = 180
POLE_DEG = 90
ABSURD = 1e9
DECIMALS = 7
"""Of a degree, about a centimetre: what is stored is what is shown and can be sent back."""
SHAPES = ("Polygon", "MultiPolygon")
EVERY_KIND = (*SHAPES, "Feature", "FeatureCollection")
CROSSING = re.compile(r"(?P<what>[A-Za-z -]+)\[(?P<lon>\S+) (?P<lat>\S+)\]")
Corner = tuple[float, float]
"""Longitude and latitude in degrees, WGS 84."""
GeoJson = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outline:
    """One polygon without holes: its corners in order, the first not repeated, and what people call it."""

    path: str
    corners: tuple[Corner, ...]
    label: str | None = None

    def as_geojson(self) -> dict[str, Any]:
        ring = [*self.corners, self.corners[0]]
        return {"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]}


def read(document: GeoJson) -> list[Outline]:
    """Every polygon of a Polygon, MultiPolygon, Feature or FeatureCollection.

    Raises Invalid naming each mistake with its path in the document.
    """
    mistakes: list[FieldError] = []
    found: list[Outline] = []
    for path, rings, label in _polygons(document, "", None, mistakes):
        outline = _outline(path, rings, label, mistakes)
        if outline is not None:
            found.append(outline)
    if not mistakes and not 0 < len(found) <= MOST_POLYGONS:
        mistakes.append(_mistake("", f"must hold 1 to {MOST_POLYGONS} polygons"))
    if mistakes:
        raise Invalid("The boundary is not valid.", errors=mistakes)
    return found


def outline_of(corners: Sequence[Corner], path: str = "boundary") -> Outline:
    """One polygon from its corners; the ring need not be closed. Raises Invalid."""
    mistakes: list[FieldError] = []
    outline = _outline(path, [list(corners)], None, mistakes)
    if outline is None:
        raise Invalid("The boundary is not valid.", errors=mistakes)
    return outline


def in_words(reason: str) -> str:
    """What PostGIS says of an invalid polygon, for people: what is wrong and where."""
    found = CROSSING.fullmatch(reason)
    if found is None:
        return f"is no simple area: {reason.lower()}"
    what = {"Self-intersection": "crosses itself", "Ring Self-intersection": "touches itself"}
    said = what.get(found["what"], f"is no simple area ({found['what'].lower()})")
    return f"{said} at {place(float(found['lon']), float(found['lat']))}"


def place(lon: float, lat: float) -> str:
    """A position as people read it."""
    return f"{abs(lat):.5f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.5f}° {'E' if lon >= 0 else 'W'}"


def _mistake(path: str, message: str) -> FieldError:
    return FieldError(path=path or "boundary", message=message)


def _polygons(
    node: object, path: str, label: str | None, mistakes: list[FieldError], kinds: Collection[str] = EVERY_KIND
) -> Iterator[tuple[str, object, str | None]]:
    """Walk down to the rings of each polygon, with the path to it and the label of its feature."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(kind, str):
        mistakes.append(_mistake(path, "must be a GeoJSON object with a type"))
    elif kind not in kinds:
        mistakes.append(_mistake(path, f"is a {kind[:40]}; send a {' or '.join(kinds)}"))
    elif kind == "FeatureCollection":
        for number, feature in enumerate(_listed(node, "features", path, mistakes)):
            yield from _polygons(feature, _joined(path, f"features.{number}"), label, mistakes, ("Feature",))
    elif kind == "Feature":
        label = _label(node, path, mistakes)
        yield from _polygons(node.get("geometry"), _joined(path, "geometry"), label, mistakes, SHAPES)
    elif kind == "MultiPolygon":
        for number, rings in enumerate(_listed(node, "coordinates", path, mistakes)):
            yield _joined(path, f"coordinates.{number}"), rings, label
    else:
        yield _joined(path, "coordinates"), node.get("coordinates"), label


def _joined(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def _listed(node: Mapping[str, Any], name: str, path: str, mistakes: list[FieldError]) -> list[object]:
    value = node.get(name)
    if isinstance(value, list) and len(value) <= MOST_POLYGONS:
        return value
    mistakes.append(_mistake(_joined(path, name), f"must be a list of at most {MOST_POLYGONS}"))
    return []


def _label(feature: Mapping[str, Any], path: str, mistakes: list[FieldError]) -> str | None:
    properties = feature.get("properties")
    label = properties.get("label") if isinstance(properties, Mapping) else None
    if label is None:
        return None
    if not isinstance(label, str) or not label.isprintable() or len(label) > LABEL_CHARS:
        mistakes.append(
            _mistake(_joined(path, "properties.label"), f"must be a line of at most {LABEL_CHARS} characters")
        )
        return None
    return " ".join(label.split()) or None


def _outline(path: str, rings: object, label: str | None, mistakes: list[FieldError]) -> Outline | None:
    """Check one polygon; what is wrong is added to `mistakes`."""
    wrong = _wrong_rings(rings)
    corners = [] if wrong else _corners(rings)
    wrong = wrong or _wrong_corners(corners)
    if wrong:
        mistakes.append(_mistake(path, wrong))
        return None
    return Outline(path, tuple(corners), label)


def _wrong_rings(rings: object) -> str | None:
    if not isinstance(rings, list) or not rings or not all(isinstance(ring, list) and ring for ring in rings):
        return "is empty: it must be a list with one ring of positions"
    if len(rings) > 1:
        hole = rings[1][0]
        where = f" at {place(*hole[:2])}" if _is_position(hole) else ""
        return f"has a hole{where}: draw the outer edge only, or two areas beside each other"
    if len(rings[0]) > MOST_CORNERS:
        return f"has more than {MOST_CORNERS} corners"
    if not all(_is_position(corner) for corner in rings[0]):
        return "must hold positions of two numbers: longitude, latitude"
    return None


def _is_position(value: object) -> bool:
    """Two finite numbers, perhaps followed by a height. Compared rather than converted: JSON knows endless integers."""
    if not isinstance(value, (list, tuple)) or len(value) not in {2, 3}:
        return False
    return all(isinstance(part, (int, float)) and not isinstance(part, bool) and abs(part) < ABSURD for part in value)


def _corners(rings: Any) -> list[Corner]:
    corners = [(_kept(corner[0]), _kept(corner[1])) for corner in rings[0]]
    return corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners


def _kept(degrees: float) -> float:
    return round(float(degrees), DECIMALS) + 0.0  # so that no zero has a sign


def _wrong_corners(corners: Sequence[Corner]) -> str | None:
    if len(set(corners)) < FEWEST_CORNERS:
        return f"needs at least {FEWEST_CORNERS} different corners"
    for lon, lat in corners:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004 (degrees)
            return f"leaves the map at longitude {lon:g}, latitude {lat:g}: -180 to 180 and -90 to 90"
        if abs(lat) == POLE_DEG:
            return f"touches the {'north' if lat > 0 else 'south'} pole at longitude {lon:g}: keep away from it"
    longitudes = [lon for lon, _ in corners]
    if max(longitudes) - min(longitudes) > HALF_TURN_DEG:
        return "reaches more than half round the earth: cut it in two at the date line, and keep off the poles"
    return "encloses no area: its corners lie on one line" if _on_one_line(corners) else None


def _on_one_line(corners: Sequence[Corner]) -> bool:
    (lon, lat), *rest = corners
    far_lon, far_lat = max(rest, key=lambda corner: math.dist(corner, (lon, lat)))
    return all(math.isclose((x - lon) * (far_lat - lat), (y - lat) * (far_lon - lon), abs_tol=1e-15) for x, y in rest)
