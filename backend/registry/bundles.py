"""The files of a model before it is registered: named, bounded, and each with the sha256 its metadata publishes.

`preprocessing.py` is code. It is never taken from whoever registers a model: one with the published hash has to have
been shipped with the product.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from backend.core.errors import Invalid

SHIPPED = Path(__file__).resolve().parents[2] / "models"
NETWORK, CONFIG, METADATA, CARD, PREPROCESSING = (
    "model.onnx",
    "config.json",
    "metadata.json",
    "card.md",
    "preprocessing.py",
)
UPLOADED = (NETWORK, CONFIG, METADATA, CARD)
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_TEXT_BYTES = 256 * 1024
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(-[0-9A-Za-z.]{1,32})?")
SHA256 = re.compile(r"[0-9a-f]{64}")


class BundleRefused(Invalid):
    """The files are no model that could be registered; `detail` says why."""

    code, title = "model_refused", "The model cannot be registered"


class BundleHashMismatch(BundleRefused):
    code, title = "model_hash_mismatch", "A file of the model is not the one its metadata names"


class CodeRefused(BundleRefused):
    code, title = "model_code_refused", "Code is not taken with a model"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model's files, checked. `files` holds bytes of everything but the preprocessing; `hashes` of that, too."""

    name: str
    version: str
    kind: str
    files: dict[str, bytes]
    hashes: dict[str, str]
    config: dict[str, Any]
    metadata: dict[str, Any]
    card: str

    @property
    def reference(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def shipped_preprocessing(folder: Path | None = None) -> dict[str, bytes]:
    """The preprocessing code that came with the product, by its sha256."""
    found = [path.read_bytes() for path in sorted((folder or SHIPPED).glob(f"*/{PREPROCESSING}"))]
    return {sha256(code): code for code in found}


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a model's folder. Raises BundleRefused for a folder that is none, and for files that are too large.

    Its preprocessing is read along, so that `check` can tell whether it is a shipped one.
    """
    names = (*UPLOADED, PREPROCESSING)
    if not folder.is_dir():
        raise BundleRefused(f"{folder} is no folder.")
    return {name: _read(folder / name) for name in names if (folder / name).is_file()}


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def check(files: Mapping[str, bytes], *, trusted_folder: bool = False) -> Bundle:
    """The model that `files` hold. Raises BundleRefused, BundleHashMismatch, CodeRefused.

    `trusted_folder` lets preprocessing.py be among them, which then must still be one that was shipped.
    """
    _check_names(files, trusted_folder=trusted_folder)
    metadata, config = _json(files, METADATA), _json(files, CONFIG)
    hashes = _check_hashes(files, metadata)
    if hashes[PREPROCESSING] not in shipped_preprocessing():
        raise CodeRefused(
            "Its preprocessing.py was not shipped with this product, and code is taken from nowhere else."
        )
    name, version, kind = (str(config.get(key, "")) for key in ("name", "version", "kind"))
    if not NAME.fullmatch(name) or not VERSION.fullmatch(version) or not kind:
        raise BundleRefused("config.json must hold name (a-z, 0-9, -), version (as 1.2.3) and kind.")
    return Bundle(
        name=name,
        version=version,
        kind=kind,
        files={key: data for key, data in files.items() if key != PREPROCESSING},
        hashes=hashes,
        config=config,
        metadata=metadata,
        card=_text(files, CARD),
    )


def _check_names(files: Mapping[str, bytes], *, trusted_folder: bool) -> None:
    if PREPROCESSING in files and not trusted_folder:
        raise CodeRefused(
            "Leave preprocessing.py out: the model runs with the shipped one that has the published hash."
        )
    strangers = files.keys() - {*UPLOADED, PREPROCESSING}
    missing = set(UPLOADED) - files.keys()
    if strangers or missing:
        wrong = [f"{name} is missing" for name in sorted(missing)] + [
            f"{name} is no part" for name in sorted(strangers)
        ]
        raise BundleRefused(f"A model has {', '.join(UPLOADED)}: {'; '.join(wrong)}.")
    for name, data in files.items():
        most = MAX_FILE_BYTES if name == NETWORK else MAX_TEXT_BYTES
        if len(data) > most:
            raise BundleRefused(f"{name} has more than {most:,} bytes.")


def _check_hashes(files: Mapping[str, bytes], metadata: Mapping[str, Any]) -> dict[str, str]:
    """The published sha256 of every file but the metadata itself, each compared with the bytes there are."""
    published = metadata.get("files")
    wanted = {NETWORK, CONFIG, CARD, PREPROCESSING}
    if not isinstance(published, dict) or not wanted <= published.keys():
        raise BundleRefused(f"metadata.json must name the sha256 of {', '.join(sorted(wanted))} under `files`.")
    if published.keys() - wanted:
        raise BundleRefused(
            f"metadata.json names files a model has not: {', '.join(sorted(published.keys() - wanted))}."
        )
    hashes = {str(name): str(value).lower() for name, value in published.items()}
    for name, expected in hashes.items():
        if not SHA256.fullmatch(expected):
            raise BundleRefused(f"The sha256 of {name} must be 64 hexadecimal digits.")
        if name in files and sha256(files[name]) != expected:
            raise BundleHashMismatch(f"{name} has the sha256 {sha256(files[name])}; metadata.json says {expected}.")
    return hashes | {METADATA: sha256(files[METADATA])}


def _json(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        document = orjson.loads(files[name])
    except orjson.JSONDecodeError as error:
        raise BundleRefused(f"{name} is not JSON: {error}.") from error
    if not isinstance(document, dict) or b"\\u0000" in files[name]:
        raise BundleRefused(f"{name} must be one JSON object without NUL characters.")
    return document


def _text(files: Mapping[str, bytes], name: str) -> str:
    try:
        text = files[name].decode()
    except UnicodeDecodeError as error:
        raise BundleRefused(f"{name} must be UTF-8 text.") from error
    if "\0" in text:
        raise BundleRefused(f"{name} must not contain NUL characters.")
    return text
