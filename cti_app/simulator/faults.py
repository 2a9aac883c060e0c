"""What goes wrong with real devices, by name. Each fault turns one capture into the deliveries that are really made."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta

from cti_app.simulator.captures import Capture

AHEAD = timedelta(hours=1)
LATE = timedelta(days=3)


def duplicate(capture: Capture) -> list[Capture]:
    """The answer got lost: the same again."""
    return [capture, capture]


def conflict(capture: Capture) -> list[Capture]:
    """The counter started over: another image under the same name."""
    name, data = capture.files["image"]
    return [capture, _with_image(capture, name, data + b"\n")]


def bad_hash(capture: Capture) -> list[Capture]:
    """The hash is of something else."""
    return [_said(capture, image_sha256=hashlib.sha256(capture.capture_id.encode()).hexdigest())]


def truncated(capture: Capture) -> list[Capture]:
    """The power went while the image was written."""
    name, data = capture.files["image"]
    return [_with_image(capture, name, data[: len(data) // 3])]


def not_image(capture: Capture) -> list[Capture]:
    """The camera's program wrote its error message into the file."""
    name, _ = capture.files["image"]
    return [_with_image(capture, name, b"cannot open /dev/video0: Device or resource busy\n")]


def bad_meta(capture: Capture) -> list[Capture]:
    """A program of another version: a required key is missing, another has the wrong type."""
    meta = {name: value for name, value in capture.meta.items() if name != "firmware"}
    return [Capture({**meta, "gps": {"lat": "north", "lon": 200}}, capture.files)]


def as_it_is(capture: Capture) -> list[Capture]:
    """Nothing wrong with the capture itself: its time or its sending is (see `SHIFTS`, `OFFLINE`)."""
    return [capture]


OFFLINE = "offline"
FAULTS: Mapping[str, Callable[[Capture], list[Capture]]] = {
    "duplicate": duplicate,
    "conflict": conflict,
    "bad-hash": bad_hash,
    "truncated": truncated,
    "not-image": not_image,
    "bad-meta": bad_meta,
    "clock-ahead": as_it_is,
    "late": as_it_is,
    OFFLINE: as_it_is,
}
SHIFTS: Mapping[str, timedelta] = {"clock-ahead": AHEAD, "late": -LATE}
"""Faults of the clock: how far the device's time is from ours."""


def _said(capture: Capture, **changes: object) -> Capture:
    return Capture({**capture.meta, **changes}, capture.files)


def _with_image(capture: Capture, name: str, data: bytes) -> Capture:
    """Other bytes under the image's name, honestly hashed."""
    meta = {**capture.meta, "image_sha256": hashlib.sha256(data).hexdigest()}
    return Capture(meta, {**capture.files, "image": (name, data)})
