"""A model's files on this machine's disk, where the worker loads them from.

What was shipped is used where it lies. What was uploaded is brought from the object store once, every file compared
with its registered sha256; its preprocessing is the shipped one with the registered hash.
"""

import asyncio
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

from backend.core.errors import CtiError
from backend.core.runtime import Runtime
from backend.registry import bundles
from backend.registry.models import ModelVersion
from backend.registry.service import key_of, reference_of


class ModelFilesWrong(CtiError):
    """What the store holds is not what was registered, or code it needs was not shipped with this release."""

    status, code, title = 500, "model_files_wrong", "The model's files cannot be used"


async def folder_of(runtime: Runtime, model: ModelVersion) -> Path:
    """The folder `name@version` with every file of the model. Raises ModelFilesWrong, StoreUnavailable, ObjectNotFound.

    Files are named by what they hold, so that a folder that exists is whole and never changes.
    """
    shipped = bundles.SHIPPED / reference_of(model)
    if await asyncio.to_thread(_is_whole, shipped, model.files):
        return shipped
    kept = runtime.settings.data_dir / "models" / model.files[bundles.METADATA][:16] / reference_of(model)
    if not await asyncio.to_thread(kept.is_dir):
        files = await _bring(runtime, model)
        await asyncio.to_thread(_keep, kept, files)
    return kept


async def _bring(runtime: Runtime, model: ModelVersion) -> dict[str, bytes]:
    code = (await asyncio.to_thread(bundles.shipped_preprocessing)).get(model.preprocessing_sha256)
    if code is None:
        raise ModelFilesWrong(f"The preprocessing of {reference_of(model)} is not part of this release.")
    files = {bundles.PREPROCESSING: code}
    for name in bundles.UPLOADED:
        data = await runtime.store.read(key_of(reference_of(model), name), bundles.MAX_FILE_BYTES)
        if bundles.sha256(data) != model.files[name]:
            raise ModelFilesWrong(f"{name} of {reference_of(model)} in the store is not the registered one.")
        files[name] = data
    return files


def _is_whole(folder: Path, hashes: dict[str, str]) -> bool:
    """Tell whether a folder's metadata is the registered one; the rest is compared when it is loaded."""
    metadata = folder / bundles.METADATA
    return metadata.is_file() and bundles.sha256(metadata.read_bytes()) == hashes[bundles.METADATA]


def _keep(folder: Path, files: dict[str, bytes]) -> None:
    """Write beside and rename, so that several processes may do so at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    for name, data in files.items():
        (draft / name).write_bytes(data)
    try:
        os.replace(draft, folder)  # noqa: PTH105 (of a folder onto nothing)
    except OSError:
        shutil.rmtree(draft)
        if not folder.is_dir():
            raise
