"""What a simulated device sends: metadata that fits the contract, and files.

Animals come down the chute in turn; the same ones come again on later rounds, so that an animal gathers a history.
"""

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cti_app.simulator.frames import Frame, Scale, draw_frame

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
HERD_SIZE = 40
FIRST_TAG = 4071
RFID_PREFIX = "8400030"
SPREAD_DEG = 0.004
"""How far from its barn a device wanders: about 400 m."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands, in degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture ready to be sent: its metadata and its files by role (`image`, perhaps `mask`)."""

    meta: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    @property
    def capture_id(self) -> str:
        return str(self.meta["capture_id"])


class NoFrames(ValueError):
    """The folder holds no image."""


def frames_in(folder: Path) -> list[Path]:
    """The images of a folder by name. Raises NoFrames."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        raise NoFrames(f"{folder} holds no .png or .jpg file.")
    return found


class CaptureMaker:
    """Makes one device's captures. Seeded: the same seed tells the same story, but for the time of day."""

    def __init__(
        self, device_code: str, seed: int, place: Place, images: Sequence[Path] = (), *, mixed: bool = False
    ) -> None:
        """`images` are sent instead of drawn frames; `mixed` sends both in turn."""
        self.device_code = device_code
        self._random = random.Random(seed)  # noqa: S311 (a story, no secret)
        self._place = place
        first = self._random.randrange(HERD_SIZE)
        self._animals: Iterator[int] = itertools.cycle([*range(first, HERD_SIZE), *range(first)])
        self._frames = _mixed(images, seed) if images and mixed else _frames(images, seed)
        self._number = itertools.count(1)

    def make(self, captured_at: datetime) -> Capture:
        """The next animal, seen at `captured_at`."""
        frame, name = next(self._frames)
        stamp = f"{captured_at:%Y%m%dT%H%M%S}{captured_at.microsecond // 1000:03d}"
        files = {"image": (name, frame.image_png)}
        if frame.mask_png is not None and self._random.random() < 0.5:  # noqa: PLR2004 (every second one)
            files["mask"] = ("mask.png", frame.mask_png)
        meta = self._meta(f"cap_{stamp}_{next(self._number)}", captured_at, files)
        if frame.scale is not None:
            meta |= scale_of(frame.scale)
        if frame.rea_cm2 is not None and self._random.random() < 0.3:  # noqa: PLR2004 (some devices claim a measure)
            claimed = round(frame.rea_cm2 * self._random.gauss(1, 0.05), 1)
            meta["device_grading"] = {"ribeye_area_cm2": claimed}
        return Capture(meta, files)

    def _meta(self, capture_id: str, captured_at: datetime, files: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
        named = {f"{role}_relpath": name for role, (name, _) in files.items()}
        hashes = {f"{role}_sha256": hashlib.sha256(data).hexdigest() for role, (_, data) in files.items()}
        return {
            "meta_version": "1.0.0",
            "device_code": self.device_code,
            "capture_id": capture_id,
            "captured_at": captured_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **hashes,
            "files": named,
            "probe": {"model": "Convex-3.5MHz", "frequency_mhz": 3.5},
            "firmware": {"app_version": "0.3.2", "pi_os": "Bookworm-2025-07-01"},
            "gps": self._gps(),
            **self._animal(),
            "clarity": self._random.choices(("good", "medium", "bad"), (7, 2, 1))[0],
            "usability": self._random.choices(("good", "medium", "bad"), (8, 2, 1))[0],
        }

    def _gps(self) -> dict[str, float]:
        return {
            "lat": round(self._place.lat + self._random.uniform(-SPREAD_DEG, SPREAD_DEG), 6),
            "lon": round(self._place.lon + self._random.uniform(-SPREAD_DEG, SPREAD_DEG), 6),
            "accuracy_m": round(self._random.uniform(2, 9), 1),
        }

    def _animal(self) -> dict[str, str]:
        number = next(self._animals)
        return {
            "animal_tag": str(FIRST_TAG + number),
            "animal_rfid": f"{RFID_PREFIX}{FIRST_TAG + number:08d}",
            "group_id": f"pen-{number // 20 + 7}",
            "group_name": f"Pen {number // 20 + 7}",
        }


def scale_of(scale: Scale) -> dict[str, Any]:
    """The keys of the metadata that tell a frame's scale."""
    millimetres = {"mm_per_px_x": scale.mm_per_px_x, "mm_per_px_y": scale.mm_per_px_y}
    return {"calibration": {**millimetres, "source": "probe preset"}, "medial": scale.medial}


def _mixed(images: Sequence[Path], seed: int) -> Iterator[tuple[Frame, str]]:
    """Drawn frames and those of a folder in turn."""
    for drawn, kept in zip(_frames((), seed), _frames(images, seed), strict=True):
        yield drawn
        yield kept


def _frames(images: Sequence[Path], seed: int) -> Iterator[tuple[Frame, str]]:
    """Frames with the name they travel under; those of a folder come round again, drawn ones never do."""
    if images:
        start = seed % len(images)
        for path in itertools.cycle([*images[start:], *images[:start]]):
            suffix = ".png" if path.suffix.lower() == ".png" else ".jpg"
            # Nobody knows the scale of somebody else's frame, so none is claimed.
            yield Frame(path.read_bytes()), f"image{suffix}"
    for number in itertools.count(seed * 1000):
        yield draw_frame(number), "image.png"
