"""Model folders for tests of the loader: the shipped preprocessing with any ONNX file and configuration."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from jobs.grading.model import SHIPPED
from tests.support import onnx_files

SHIPPED_MODEL = SHIPPED / "ribeye-unetpp@1.0.0"
SIZE_PX = 64


def make(
    parent: Path,
    *,
    name: str = "tiny",
    onnx: bytes | None = None,
    preprocessing: bytes | None = None,
    config: Mapping[str, object] | None = None,
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """Write `{name}@1.0.0` with metadata that tells the truth about its files."""
    folder = parent / f"{name}@1.0.0"
    folder.mkdir()
    files = {
        "model.onnx": onnx if onnx is not None else onnx_files.tiny(size=SIZE_PX),
        "config.json": json.dumps(configuration(name) | dict(config or {})).encode(),
        "preprocessing.py": preprocessing or (SHIPPED_MODEL / "preprocessing.py").read_bytes(),
        "card.md": b"# tiny\n",
    } | dict(more or {})
    for file, data in files.items():
        (folder / file).write_bytes(data)
    publish(folder, files)
    return folder


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the metadata: the sha256 of every file."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    (folder / "metadata.json").write_text(json.dumps({"files": hashes}))


def configuration(name: str = "tiny") -> dict[str, object]:
    """What a model must say of itself, for a small input and one pass."""
    return {
        "name": name,
        "version": "1.0.0",
        "kind": "ribeye_ultrasound",
        "input_size": SIZE_PX,
        "classes": ["background", "ribeye", "subcutaneous_fat"],
    }
