from typing import Any

import jsonschema_rs
import pytest

from backend.ingest import keys
from backend.ingest.schema import meta_schema, property_names, schema_errors
from tests.support.captures import meta

REQUIRED = [
    "meta_version",
    "device_code",
    "capture_id",
    "captured_at",
    "image_sha256",
    "files.image_relpath",
    "probe.model",
    "firmware.app_version",
]
FULL = meta(
    kind="ribeye_ultrasound",
    operator_id="tech-abc",
    farm_id="north",
    gps={"lat": 51.05, "lon": -114.07, "accuracy_m": 4.5},
    mask_sha256="a" * 64,
    backfat_line_sha256="b" * 64,
    files={
        "image_relpath": "image.jpg",
        "mask_relpath": "mask.png",
        "backfat_line_relpath": "backfat_line.png",
        "extra": ["extra/frame_01.png"],
    },
    inference_summary={"ribeye_bbox": [120, 88, 420, 300], "mask_iou_hint": 0.76},
    calibration={"mm_per_px_x": 0.352, "mm_per_px_y": 0.352, "depth_mm": 180, "source": "probe"},
    image={"width": 512, "height": 512},
    animal_rfid="982000123456789",
    animal_tag="A-17",
    group_id="pen-4",
    group_name="Pen 4",
    label="evening",
    clarity="good",
    usability="medium",
    device_grading={"grade": "AAA", "imf_pct": 4.2, "backfat_mm": 11, "ribeye_area_cm2": 82.5, "weight_kg": 540},
)


def without(path: str) -> dict[str, Any]:
    """Valid metadata that lacks one key."""
    document = meta()
    *parents, name = path.split(".")
    inner = document
    for parent in parents:
        inner = inner[parent]
    del inner[name]
    return document


def test_the_schema_is_one_of_2020_12() -> None:
    assert meta_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(meta_schema())


def test_the_schema_and_the_key_agree_on_names() -> None:
    properties = meta_schema()["properties"]
    assert properties["device_code"]["pattern"] == f"^{keys.DEVICE_CODE.pattern}$"
    assert properties["capture_id"]["pattern"] == f"^{keys.CAPTURE_ID.pattern}$"
    assert keys.RELPATH.pattern.endswith(
        properties["files"]["properties"]["extra"]["items"]["pattern"][1:-1].replace("(", "(?:")
    )


def test_everything_the_schema_knows_says_what_is_expected() -> None:
    for name in property_names():
        assert meta_schema()["properties"][name]["description"]
        for inner in property_names(name):
            assert meta_schema()["properties"][name]["properties"][inner]["description"]


@pytest.mark.parametrize("document", [meta(), FULL])
def test_valid_metadata_passes(document: dict[str, Any]) -> None:
    assert schema_errors(document) == []


def test_optional_keys_may_be_null() -> None:
    optional = {name: None for name in property_names() if name not in meta()}
    assert schema_errors({**meta(), **optional}) == []


@pytest.mark.parametrize("path", REQUIRED)
def test_a_required_key_that_is_missing_is_named(path: str) -> None:
    [error] = schema_errors(without(path))
    assert error["path"] == path
    assert error["message"].startswith("is missing; expected ")


def test_of_missing_objects_the_required_keys_are_named() -> None:
    assert [error["path"] for error in schema_errors({})] == REQUIRED


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"meta_version": "2.0.0"}, "meta_version", 'is "2.0.0"'),
        ({"device_code": "../etc"}, "device_code", 'is "../etc"'),
        ({"device_code": ".."}, "device_code", "no dot in front"),
        ({"device_code": "d" * 256}, "device_code", "1 to 255"),
        ({"device_code": 7}, "device_code", "is a number"),
        ({"device_code": "<script>alert(1)</script>"}, "device_code", "expected the device's code"),
        ({"device_code": "a'; DROP TABLE scans; --"}, "device_code", "expected the device's code"),
        ({"device_code": "dev\r\nSet-Cookie: a=b"}, "device_code", "expected the device's code"),
        ({"capture_id": "1757423584"}, "capture_id", "cap_ followed by"),
        ({"captured_at": "2025-09-09 14:18:32"}, "captured_at", "ISO 8601 with a zone"),
        ({"captured_at": 1757423584}, "captured_at", "is a number"),
        ({"image_sha256": "A" * 64}, "image_sha256", "64 lowercase hex digits"),
        ({"image_sha256": None}, "image_sha256", "is missing"),
        ({"files": {"image_relpath": "../image.jpg"}}, "files.image_relpath", "no `..`"),
        ({"files": {"image_relpath": "/image.jpg"}}, "files.image_relpath", "no slash in front"),
        ({"files": {"image_relpath": "image.html"}}, "files.image_relpath", "ending in .jpg"),
        ({"files": {"image_relpath": "image.jpg", "extra": ["ok.bin", "a/../b"]}}, "files.extra.1", 'is "a/../b"'),
        ({"files": []}, "files", "is a list"),
        ({"gps": {"lat": 91, "lon": 0}}, "gps.lat", "is 91; expected the latitude in degrees, -90 to 90"),
        ({"gps": {"lat": 0}}, "gps.lon", "is missing"),
        ({"gps": {"lat": "51", "lon": 0}}, "gps.lat", "is text"),
        ({"kind": "Ribeye Ultrasound"}, "kind", "lower case"),
        ({"clarity": "great"}, "clarity", "good, medium or bad"),
        ({"inference_summary": {"ribeye_bbox": [1, 2, 3]}}, "inference_summary.ribeye_bbox", "is a list of 3"),
        ({"calibration": {"mm_per_px_x": 0}}, "calibration.mm_per_px_x", "above 0"),
        ({"label": "x" * 256}, "label", "is 256 characters long"),
        ({"device_grading": {"imf_pct": -1}}, "device_grading.imf_pct", "is -1"),
        ({"device_grading": True}, "device_grading", "is true or false"),
    ],
)
def test_a_violation_says_where_what_and_what_is_expected(changes: dict[str, Any], path: str, words: str) -> None:
    [error] = schema_errors(meta(**changes))
    assert error["path"] == path
    assert words in error["message"]


def test_all_violations_are_told_at_once() -> None:
    document = meta(device_code=1, capture_id=2, captured_at=3, probe={}, gps={"lat": 100, "lon": 200})
    paths = {error["path"] for error in schema_errors(document)}
    assert paths == {"device_code", "capture_id", "captured_at", "probe.model", "gps.lat", "gps.lon"}


def test_a_long_value_is_cut_short_in_the_message() -> None:
    [error] = schema_errors(meta(image_sha256="z" * 5000))
    assert len(error["message"]) < 250


def test_measurements_outside_the_usual_range_are_no_reason_to_refuse() -> None:
    claims = {"imf_pct": 40, "backfat_mm": 90, "ribeye_area_cm2": 300, "weight_kg": 2500}
    assert schema_errors(meta(device_grading=claims)) == []
