"""What people corrected, as the platform exports it: a ZIP of images, masks and a manifest, checked file by file.

`python -m training.corrections FILE` says what is in one.
"""

import argparse
import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from backend.core.errors import CtiError
from backend.grading.measures import read_mask

MANIFEST = "manifest.jsonl"
VERSION = 1
MEMBER_BYTES = 64 * 2**20


class CorrectionsWrong(ValueError):
    """The file is no training set, or not the one that was exported."""


@dataclass(frozen=True, slots=True)
class Correction:
    """An image (H, W) of grey levels, its mask (H, W) of 0 background, 1 ribeye, 2 fat, and what is known of both."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    facts: Mapping[str, Any]

    @property
    def mm_per_px(self) -> tuple[float, float] | None:
        """Across and down; None without calibration."""
        found = self.facts.get("calibration") or {}
        across, down = found.get("mm_per_px_x"), found.get("mm_per_px_y")
        return None if across is None or down is None else (float(across), float(down))


def read_corrections(path: Path) -> Iterator[Correction]:
    """Every correction of an export, one in memory at a time. Raises CorrectionsWrong with a sentence."""
    with zipfile.ZipFile(path) as archive:
        for number, line in enumerate(_member(archive, MANIFEST).splitlines(), 1):
            facts = orjson.loads(line)
            if facts.get("manifest_version") != VERSION:
                raise CorrectionsWrong(f"Line {number} is of version {facts.get('manifest_version')}, not {VERSION}.")
            data = _checked(archive, facts, "image")
            image = np.asarray(Image.open(BytesIO(data)).convert("L"), np.uint8)
            height, width = image.shape
            try:
                mask = read_mask(_checked(archive, facts, "mask"), (width, height))
            except CtiError as error:
                raise CorrectionsWrong(f"{facts['mask']} does not fit its image: {error.detail}") from error
            yield Correction(image, mask, facts)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise CorrectionsWrong(f"{name} is not in the archive.") from error
    if info.file_size > MEMBER_BYTES:
        raise CorrectionsWrong(f"{name} has more than {MEMBER_BYTES:,} bytes.")
    return archive.read(info)


def _checked(archive: zipfile.ZipFile, facts: Mapping[str, Any], name: str) -> bytes:
    data = _member(archive, facts[name])
    if hashlib.sha256(data).hexdigest() != facts[f"{name}_sha256"]:
        raise CorrectionsWrong(f"{facts[name]} does not match its hash.")
    return data


def main() -> None:
    from rich.console import Console

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    known = [one.facts for one in read_corrections(parser.parse_args().file)]
    kept = [facts["base_iou"] for facts in known if facts["base_iou"] is not None]
    calibrated = sum(facts["calibration"] is not None for facts in known)
    console = Console()
    console.print(f"{len(known)} corrected images, {calibrated} calibrated, every file as it was exported")
    if kept:
        console.print(f"IoU with what was corrected: mean {float(np.mean(kept)):.3f}, least {min(kept):.3f}")


if __name__ == "__main__":
    main()
