"""Boundaries as they come in: every shape that is taken, and every mistake said with its place."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.farms import geometry

RING = [[-114.0, 53.0], [-113.0, 53.0], [-113.0, 54.0], [-114.0, 53.0]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}
TWO = {"type": "MultiPolygon", "coordinates": [[RING], [RING]]}


def feature(shape: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": shape}


def mistakes(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        geometry.read(document)
    return [(error["path"], error["message"]) for error in caught.value.errors]


@pytest.mark.parametrize(
    ("document", "labels"),
    [
        (POLYGON, [None]),
        (TWO, [None, None]),
        (feature(POLYGON, label="  North   side "), ["North side"]),
        (
            {"type": "FeatureCollection", "features": [feature(POLYGON, label="a"), feature(TWO, label="b")]},
            ["a", "b", "b"],
        ),
    ],
)
def test_every_shape_is_taken_apart_into_polygons(document: dict[str, Any], labels: list[str | None]) -> None:
    outlines = geometry.read(document)
    assert [outline.label for outline in outlines] == labels
    assert all(outline.corners == ((-114, 53), (-113, 53), (-113, 54)) for outline in outlines)
    assert all(outline.as_geojson() == POLYGON for outline in outlines)


def test_an_open_ring_and_heights_are_taken() -> None:
    (outline,) = geometry.read({"type": "Polygon", "coordinates": [[[0, 0, 700], [1, 0, 700], [0, 1, 700]]]})
    assert outline.corners == ((0, 0), (1, 0), (0, 1))


@pytest.mark.parametrize(
    ("document", "path", "said"),
    [
        ([], "boundary", "GeoJSON object"),
        ({"type": 7}, "boundary", "GeoJSON object"),
        ({"type": "Point", "coordinates": [0, 0]}, "boundary", "is a Point"),
        ({"type": "FeatureCollection", "features": []}, "boundary", "1 to 50"),
        ({"type": "FeatureCollection", "features": {}}, "features", "list"),
        (feature(None), "geometry", "GeoJSON object"),
        (feature(POLYGON, label="a\nb"), "properties.label", "120 characters"),
        ({"type": "Polygon"}, "coordinates", "is empty"),
        (feature(feature(POLYGON)), "geometry", "is a Feature; send a Polygon or MultiPolygon"),
        ({"type": "FeatureCollection", "features": [POLYGON]}, "features.0", "is a Polygon; send a Feature"),
        ({"type": "Polygon", "coordinates": []}, "coordinates", "is empty"),
        ({"type": "Polygon", "coordinates": [[]]}, "coordinates", "is empty"),
        ({"type": "Polygon", "coordinates": ["abc"]}, "coordinates", "is empty"),
        (
            {"type": "Polygon", "coordinates": [RING, [[-113.5, 53.2]]]},
            "coordinates",
            "hole at 53.20000° N, 113.50000° W",
        ),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [1, 1]]]}, "coordinates", "longitude, latitude"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, math.nan], [1, 1]]]}, "coordinates", "longitude, latitude"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [True, 0], [1, 1]]]}, "coordinates", "longitude, latitude"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, "coordinates", "at least 3"),
        ({"type": "Polygon", "coordinates": [[[0, 95], [1, 0], [1, 1]]]}, "coordinates", "latitude 95"),
        ({"type": "Polygon", "coordinates": [[[-170, 0], [170, 0], [170, 1]]]}, "coordinates", "date line"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [3, 3]]]}, "coordinates", "one line"),
        ({"type": "Polygon", "coordinates": [[[n / 1e4, 0] for n in range(5001)]]}, "coordinates", "5000 corners"),
        ({"type": "MultiPolygon", "coordinates": [[RING], [RING, RING]]}, "coordinates.1", "hole"),
        ({"type": "MultiPolygon", "coordinates": [[RING]] * 51}, "coordinates", "at most 50"),
    ],
)
def test_a_mistake_is_said_with_its_place(document: Any, path: str, said: str) -> None:
    ((found, message),) = mistakes(document)
    assert found == path
    assert said in message


def test_every_mistake_is_said_at_once() -> None:
    wrong = {
        "type": "FeatureCollection",
        "features": [feature(POLYGON), feature({"type": "Line"}), feature(POLYGON, label=1)],
    }
    assert [path for path, _ in mistakes(wrong)] == ["features.1.geometry", "features.2.properties.label"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("Self-intersection[-113.55 53.45]", "crosses itself at 53.45000° N, 113.55000° W"),
        ("Ring Self-intersection[10 -4.5]", "touches itself at 4.50000° S, 10.00000° E"),
        ("Duplicate Rings[1e-7 2]", "is no simple area (duplicate rings) at 2.00000° N, 0.00000° E"),
        ("Too few points in geometry component", "is no simple area: too few points in geometry component"),
    ],
)
def test_what_postgis_says_is_said_in_words(reason: str, said: str) -> None:
    assert geometry.in_words(reason) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["Polygon", "Feature"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "features", "geometry", "properties"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(document=JSON)
def test_whatever_comes_is_read_or_refused_with_a_reason(document: Any) -> None:
    refused: list[Any] = []
    outlines: list[geometry.Outline] = []
    try:
        outlines = geometry.read(document)
    except Invalid as error:
        refused = error.errors
    assert bool(outlines) != bool(refused)
