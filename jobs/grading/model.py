"""Loading a model: every byte checked against the published sha256 before any of it is used, then one warm session.

The preprocessing is code: it runs only when its hash is that of a preprocessing shipped with the product.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from jobs.grading.config import ModelConfig
from jobs.grading.errors import ModelHashMismatch, ModelRefused
from jobs.grading.session import Session, open_session

SHIPPED = Path(__file__).resolve().parents[2] / "models"
FILES = ("model.onnx", "config.json", "preprocessing.py")
MOST_BYTES = 32 * 1024 * 1024
"""Of one file. Models of this product have at most 10 MB."""


class Frame(Protocol):
    """Where the tissue lies in an image, in pixels."""

    @property
    def top(self) -> int: ...
    @property
    def left(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...


class Preprocessing(Protocol):
    """What a model's `preprocessing.py` offers. Probabilities are (classes, height, width)."""

    def find_tissue(self, gray: NDArray[np.uint8]) -> Frame: ...
    def prepare(self, gray: NDArray[np.uint8], frame: Frame, config: Mapping[str, object]) -> NDArray[np.float32]: ...
    def restore(
        self, probabilities: NDArray[np.float32], frame: Frame, shape: tuple[int, int]
    ) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to run. `sha256` is that of `model.onnx`."""

    folder: Path
    config: ModelConfig
    metadata: Mapping[str, Any]
    sha256: str
    preprocessing_sha256: str
    preprocessing: Preprocessing
    session: Session

    @property
    def reference(self) -> str:
        """`name@version`."""
        return f"{self.config.name}@{self.config.version}"


_loaded: dict[Path, LoadedModel] = {}
_loading = Lock()


def load_model(folder: Path) -> LoadedModel:
    """The model in `folder`, loaded once a process. Raises ModelRefused and ModelHashMismatch with a sentence."""
    folder = folder.resolve()
    with _loading:
        if folder not in _loaded:
            _loaded[folder] = _load(folder)
        return _loaded[folder]


def forget_models() -> None:
    """Drop every loaded model, so that the next use reads its folder again."""
    with _loading:
        _loaded.clear()


def _load(folder: Path) -> LoadedModel:
    metadata, files = read_folder(folder)
    config = ModelConfig.read(_json(files["config.json"], "config.json"))
    if folder.name != f"{config.name}@{config.version}":
        raise ModelRefused(f"The folder {folder.name} holds {config.name}@{config.version}.")
    preprocessing_sha256 = _sha256(files["preprocessing.py"])
    if preprocessing_sha256 not in shipped_preprocessing():
        raise ModelRefused("preprocessing.py is code, and this one was not shipped with the product: it is not run.")
    return LoadedModel(
        folder=folder,
        config=config,
        metadata=metadata,
        sha256=_sha256(files["model.onnx"]),
        preprocessing_sha256=preprocessing_sha256,
        preprocessing=_module(files["preprocessing.py"], preprocessing_sha256),
        session=open_session(files["model.onnx"], config.input_px),
    )


def read_folder(folder: Path) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    """Metadata and every file of a model folder, as bytes whose sha256 is the published one. Nothing is run."""
    metadata = _json(_bytes(folder / "metadata.json"), "metadata.json")
    published = metadata.get("files")
    if not isinstance(published, dict) or not set(FILES) <= set(published):
        raise ModelRefused(f"metadata.json must name the sha256 of {', '.join(FILES)} under `files`.")
    present = {path.name for path in folder.iterdir() if path.name != "__pycache__"} - {"metadata.json"}
    if strangers := present - set(published):
        raise ModelRefused(f"The folder holds what its metadata does not name: {', '.join(sorted(strangers))}.")
    return metadata, {name: _checked(folder, name, sha256) for name, sha256 in published.items()}


def _checked(folder: Path, name: str, sha256: object) -> bytes:
    if Path(name).name != name:
        raise ModelRefused(f"{name!r} is no plain file name.")
    data = _bytes(folder / name)
    if _sha256(data) != sha256:
        raise ModelHashMismatch(f"{name} of {folder.name} has the sha256 {_sha256(data)}; published is {sha256}.")
    return data


def _bytes(path: Path) -> bytes:
    """Read no more than allowed, whatever the file claims; links are not followed out of the folder."""
    if path.is_symlink() or not path.is_file():
        raise ModelRefused(f"{path.parent.name} has no file {path.name}.")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ModelRefused(f"{path.name} has more than {MOST_BYTES // 2**20} MiB.")
    return data


def _json(data: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelRefused(f"{name} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ModelRefused(f"{name} must be one JSON object.")
    return document


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=1)
def shipped_preprocessing() -> frozenset[str]:
    """Hashes of the preprocessing code this installation brought along."""
    return frozenset(_sha256(path.read_bytes()) for path in SHIPPED.glob("*/preprocessing.py"))


def _module(source: bytes, sha256: str) -> Preprocessing:
    """Run checked source as a module of its own name; from the bytes that were checked, never from the file again."""
    name = f"cti_preprocessing_{sha256[:16]}"
    if name not in sys.modules:
        module = ModuleType(name)
        sys.modules[name] = module  # dataclasses look their module up while it runs
        exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102 (hash-pinned to what was shipped)
    return sys.modules[name]
