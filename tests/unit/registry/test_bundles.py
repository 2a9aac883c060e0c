"""What may be registered as a model: named, bounded, true to its published hashes, and without code of its own."""

import hashlib
from pathlib import Path

import orjson
import pytest

from backend.registry import bundles
from backend.registry.bundles import BundleHashMismatch, BundleRefused, CodeRefused, check, read_folder
from tests.support import gradings


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return gradings.upload(tmp_path, "alpha")


def republished(files: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """The files with metadata that tells the truth about them, except for `changes` of the hashes."""
    hashes = orjson.loads(files["metadata.json"])["files"]
    hashes |= {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name in hashes}
    hashes |= changes
    hashes = {name: value for name, value in hashes.items() if value is not None}
    return files | {"metadata.json": orjson.dumps({"files": hashes})}


def test_an_honest_model_is_read(files: dict[str, bytes]) -> None:
    found = check(files)
    assert (found.reference, found.kind) == ("alpha@1.0.0", gradings.KIND)
    assert set(found.files) == set(bundles.UPLOADED)
    assert found.hashes["preprocessing.py"] in bundles.shipped_preprocessing()


@pytest.mark.parametrize("name", ["model.onnx", "config.json", "card.md"])
def test_a_changed_byte_is_noticed(files: dict[str, bytes], name: str) -> None:
    with pytest.raises(BundleHashMismatch, match=name):
        check(files | {name: files[name] + b" "})


def test_code_is_never_taken_not_even_the_shipped_one(files: dict[str, bytes]) -> None:
    (code,) = list(bundles.shipped_preprocessing().values())[:1]
    with pytest.raises(CodeRefused, match=r"Leave preprocessing\.py out"):
        check(files | {"preprocessing.py": code})


def test_a_hash_of_code_that_was_not_shipped_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(CodeRefused, match="not shipped"):
        check(republished(files, **{"preprocessing.py": "0" * 64}))


def test_a_folder_with_other_code_is_refused(tmp_path: Path) -> None:
    folder = gradings.folder(tmp_path, "alpha")
    (folder / "preprocessing.py").write_text("import os\n")
    with pytest.raises(BundleHashMismatch):
        check(read_folder(folder), trusted_folder=True)
    files = republished(read_folder(folder))
    with pytest.raises(CodeRefused):
        check(files, trusted_folder=True)


@pytest.mark.parametrize("name", bundles.UPLOADED)
def test_a_missing_file_is_named(files: dict[str, bytes], name: str) -> None:
    with pytest.raises(BundleRefused, match=f"{name} is missing"):
        check({other: data for other, data in files.items() if other != name})


def test_a_file_too_many_is_named(files: dict[str, bytes]) -> None:
    with pytest.raises(BundleRefused, match=r"weights\.bin is no part"):
        check(files | {"weights.bin": b"1"})


def test_metadata_may_not_name_files_that_are_not_there(files: dict[str, bytes]) -> None:
    with pytest.raises(BundleRefused, match=r"weights\.bin"):
        check(republished(files, **{"weights.bin": "0" * 64}))


def test_metadata_has_to_name_every_file(files: dict[str, bytes]) -> None:
    with pytest.raises(BundleRefused, match="must name the sha256"):
        check(republished(files, **{"card.md": None}))


def test_a_hash_that_is_none_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(BundleRefused, match="64 hexadecimal"):
        check(republished(files, **{"model.onnx": "abc"}))


def test_files_are_bounded(files: dict[str, bytes]) -> None:
    with pytest.raises(BundleRefused, match=r"card\.md has more than"):
        check(files | {"card.md": b"x" * (bundles.MAX_TEXT_BYTES + 1)})


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"[]",
        b"{",
        b'{"name": "../x", "version": "1.0.0", "kind": "k"}',
        b'{"name": "a", "version": "1", "kind": "k"}',
    ],
)
def test_a_configuration_that_is_none_is_refused(files: dict[str, bytes], config: bytes) -> None:
    with pytest.raises(BundleRefused):
        check(republished(files | {"config.json": config}))


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="is no folder"):
        read_folder(tmp_path / "none")
