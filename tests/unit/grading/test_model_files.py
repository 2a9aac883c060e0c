"""What a model folder must be before any of it is used; everything else is refused in words."""

import json
import os
from pathlib import Path

import pytest

from jobs.grading import LoadedModel, ModelHashMismatch, ModelRefused, load_model
from jobs.grading.model import MOST_BYTES, forget_models
from jobs.grading.trial import try_model
from tests.support import model_folders, onnx_files
from tests.support.model_folders import SIZE_PX


def test_an_honest_folder_is_loaded_once(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    model = load_model(folder)
    assert isinstance(model, LoadedModel)
    assert model.reference == "tiny@1.0.0"
    assert load_model(tmp_path / "." / folder.name) is model
    forget_models()
    assert load_model(folder) is not model


@pytest.mark.parametrize("name", ["model.onnx", "config.json", "preprocessing.py", "card.md"])
def test_one_changed_byte_refuses_to_load(tmp_path: Path, name: str) -> None:
    folder = model_folders.make(tmp_path)
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelHashMismatch, match=rf"{name} of tiny@1\.0\.0 has the sha256"):
        load_model(folder)


def test_changed_code_is_not_run(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    trace = tmp_path / "trace"
    with (folder / "preprocessing.py").open("a") as file:
        file.write(f"\nopen({str(trace)!r}, 'w').close()\n")
    with pytest.raises(ModelHashMismatch):
        load_model(folder)
    assert not trace.exists()


def test_code_that_was_not_shipped_is_not_run_whatever_its_metadata_says(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    folder = model_folders.make(tmp_path, preprocessing=f"open({str(trace)!r}, 'w').close()".encode())
    with pytest.raises(ModelRefused, match="not shipped with the product"):
        load_model(folder)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["model.onnx", "config.json", "preprocessing.py", "metadata.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = model_folders.make(tmp_path)
    (folder / name).unlink()
    with pytest.raises(ModelRefused, match=f"has no file {name}"):
        load_model(folder)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"has no file metadata\.json"):
        load_model(tmp_path / "none@1.0.0")


def test_a_file_beyond_the_metadata_is_refused(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    (folder / "weights.bin").write_bytes(b"1")
    with pytest.raises(ModelRefused, match=r"does not name: weights\.bin"):
        load_model(folder)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    (folder / "model.onnx").rename(tmp_path / "elsewhere.onnx")
    (folder / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(ModelRefused, match=r"has no file model\.onnx"):
        load_model(folder)


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    metadata = json.loads((folder / "metadata.json").read_text())
    metadata["files"]["../secret"] = "0" * 64
    (folder / "metadata.json").write_text(json.dumps(metadata))
    with pytest.raises(ModelRefused, match="no plain file name"):
        load_model(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": {}}', '{"files": {"model.onnx": "0"}}', "[" * 100_000])
def test_metadata_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    folder = model_folders.make(tmp_path)
    (folder / "metadata.json").write_text(text)
    with pytest.raises(ModelRefused):
        load_model(folder)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    with (folder / "model.onnx").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(ModelRefused, match="more than 32 MiB"):
        load_model(folder)


def test_a_folder_says_its_models_name(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path)
    other = folder.rename(tmp_path / "other@1.0.0")
    with pytest.raises(ModelRefused, match=r"other@1\.0\.0 holds tiny@1\.0\.0"):
        load_model(other)


HOSTILE = {
    "nothing": b"",
    "text": b"not a model",
    "random": os.urandom(4096),
    "cut off": onnx_files.tiny(size=SIZE_PX)[:-40],
    "half": onnx_files.tiny(size=SIZE_PX)[:60],
    "outside data": onnx_files.external("/etc/passwd"),
    "outside data, relative": onnx_files.external("card.md"),
    "other input": onnx_files.tiny(input_name="picture", size=SIZE_PX),
    "other output": onnx_files.tiny(output_name="mask", size=SIZE_PX),
    "three channels": onnx_files.tiny(channels=3, size=SIZE_PX),
    "two classes": onnx_files.tiny(classes=2, size=SIZE_PX),
    "other size": onnx_files.tiny(size=2 * SIZE_PX),
    "one at a time": onnx_files.tiny(batch=1, size=SIZE_PX),
    "not finite": onnx_files.tiny(weights=[float("nan")] * 3, size=SIZE_PX),
    "too few weights": onnx_files.tiny(weights=[1.0], size=SIZE_PX),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_corrupt_or_hostile_network_is_refused_in_words(tmp_path: Path, what: str) -> None:
    folder = model_folders.make(tmp_path, onnx=HOSTILE[what])
    with pytest.raises(ModelRefused) as refused:
        load_model(folder)
    assert refused.value.detail.startswith("model.onnx")


def test_data_outside_the_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path, onnx=onnx_files.external("card.md"))
    with pytest.raises(ModelRefused, match="names data outside itself"):
        load_model(folder)


def test_a_trial_passes_an_honest_folder(tmp_path: Path) -> None:
    try_model(model_folders.make(tmp_path))


def test_a_trial_hands_its_sentence_over(tmp_path: Path) -> None:
    folder = model_folders.make(tmp_path, onnx=HOSTILE["other input"])
    with pytest.raises(ModelRefused, match="must have one input, `image`"):
        try_model(folder)
    (folder / "card.md").write_text("changed")
    with pytest.raises(ModelHashMismatch, match=r"card\.md"):
        try_model(folder)


def test_a_trial_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="did not answer"):
        try_model(model_folders.make(tmp_path), deadline_s=0.01)
