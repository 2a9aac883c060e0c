"""The past of a demo herd: eight steers of one pen, scanned four times while they grew, sent as any capture is.

The frames are simulated like all others. Their numbers are chosen so that what the shipped model measures on them grows
as backfat does; nothing of a result is sent along, and every scan says by its label that its past is simulated.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from cti_app.simulator.captures import RFID_PREFIX, Capture, Place, scale_of
from cti_app.simulator.frames import draw_frame

LABEL: Final = "Simulated past"
GROUP_ID, GROUP_NAME = "pen-7", "Pen 7"
BREED, SEX = "Angus", "steer"
AGE_DAYS: Final = 430
VISITS: Final[tuple[int, ...]] = (108, 75, 41, 6)
"""How many days ago the pen was scanned."""
FRAMES: Final[Mapping[str, tuple[int, ...]]] = {
    "4071": (5448, 5272, 6160, 7638),
    "4072": (6375, 7731, 7678, 5574),
    "4073": (5123, 5612, 5532, 7013),
    "4074": (7691, 7396, 6130, 5861),
    "4075": (6995, 6771, 8353, 5028),
    "4076": (7948, 6584, 7228, 6376),
    "4077": (6200, 6520, 7063, 5331),
    "4078": (8815, 6055, 8590, 6862),
}
"""By tag, the frame of each visit."""


def past_captures(device_code: str, place: Place, now: datetime) -> Iterator[Capture]:
    """The captures of every visit, the oldest first, in chute order."""
    for visit, days in enumerate(VISITS):
        morning = (now - timedelta(days=days)).replace(hour=16, minute=0, second=0, microsecond=0)
        for order, (tag, frames) in enumerate(FRAMES.items()):
            yield _capture(device_code, place, tag, frames[visit], morning + timedelta(minutes=2 * order))


def born(now: datetime, tag: str) -> date:
    """A birthday within one season."""
    return (now - timedelta(days=AGE_DAYS + 3 * (int(tag) % 10))).date()


def _capture(device_code: str, place: Place, tag: str, number: int, at: datetime) -> Capture:
    frame = draw_frame(number)
    meta: dict[str, Any] = {
        "meta_version": "1.0.0",
        "device_code": device_code,
        "capture_id": f"cap_{at:%Y%m%dT%H%M%S}_{tag}",
        "captured_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "image_sha256": hashlib.sha256(frame.image_png).hexdigest(),
        "files": {"image_relpath": "image.png"},
        "probe": {"model": "Convex-3.5MHz", "frequency_mhz": 3.5},
        "firmware": {"app_version": "0.3.2", "pi_os": "Bookworm-2025-07-01"},
        "gps": {"lat": round(place.lat, 6), "lon": round(place.lon, 6), "accuracy_m": 5.0},
        "animal_tag": tag,
        "animal_rfid": f"{RFID_PREFIX}{int(tag):08d}",
        "group_id": GROUP_ID,
        "group_name": GROUP_NAME,
        "label": LABEL,
        "clarity": "good",
        "usability": "good",
    }
    if frame.scale is not None:
        meta |= scale_of(frame.scale)
    return Capture(meta, {"image": ("image.png", frame.image_png)})
