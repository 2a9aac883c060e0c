"""`cti grade FILE` with the shipped model: no server, no database, no settings."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from cti_app.cli import app
from jobs.grading.model import SHIPPED
from tests.support import images
from training.phantoms import make_phantom

pytestmark = pytest.mark.usefixtures("logging_restored")
SEED = 1


@pytest.fixture
def frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A phantom as a file, in a folder where there is nothing else."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "frame.png"
    path.write_bytes(images.encoded(Image.fromarray(make_phantom(SEED).image), "PNG"))
    return path


def cti(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["grade", *(str(each) for each in arguments)])
    return done.exit_code, done.output


def scale() -> str:
    made = make_phantom(SEED)
    return f"{made.mm_per_px_x},{made.mm_per_px_y}"


def test_a_person_reads_measures_with_their_errors(frame: Path) -> None:
    code, said = cti(frame, "--mm-per-px", scale(), "--medial", "left", "--live-weight", 610)
    assert code == 0
    for words in (
        "ribeye area",
        "±",
        "cm²",
        "backfat",
        "mm",
        "confidence",
        "projected USDA yield grade",
        "dressing 62 %",
    ):
        assert words in said


def test_a_script_reads_one_document(frame: Path) -> None:
    code, said = cti(frame, "--mm-per-px", scale(), "--json")
    document = json.loads(said)
    assert code == 0
    assert document["model"] == "ribeye-unetpp@1.0.0"
    assert document["measures"]["rea_cm2"]["unit"] == "cm²"
    assert document["measures"]["rea_cm2"]["plus_minus"] >= 4.49
    assert 0 < document["confidence"] <= 1


def test_without_a_scale_there_are_pixels_and_the_reason(frame: Path) -> None:
    code, said = cti(frame)
    assert code == 0
    assert "cm²" not in said.replace("60.6 to 115.5 cm²", "")
    assert "does not say how large a pixel is" in said


def test_the_overlay_and_the_mask_are_written(frame: Path, tmp_path: Path) -> None:
    code, said = cti(frame, "--out", tmp_path / "overlay.png", "--mask-out", tmp_path / "mask.png", "--json")
    assert code == 0
    assert json.loads(said)["written"] == [str(tmp_path / "overlay.png"), str(tmp_path / "mask.png")]
    with Image.open(frame) as image, Image.open(tmp_path / "overlay.png") as overlay:
        assert overlay.size == image.size


def test_the_overlay_alone_is_written_without_being_asked_for(frame: Path, tmp_path: Path) -> None:
    code, said = cti(frame)
    assert code == 0
    assert "Written: frame-overlay.png" in said
    assert {path.name for path in tmp_path.iterdir()} == {"frame.png", "frame-overlay.png"}


def test_a_reference_mask_is_compared(frame: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    mask.write_bytes(images.encoded(Image.fromarray(make_phantom(SEED).mask), "PNG"))
    breakdown = json.loads(cti(frame, "--mask", mask, "--json")[1])["confidence_breakdown"]
    assert breakdown["mask_iou_kind"] == "reference"
    assert breakdown["mask_iou"] > 0.85


def test_a_frame_without_a_ribeye_is_abstained_with_its_reason(frame: Path) -> None:
    frame.write_bytes(images.jpeg(640, 480))
    code, said = cti(frame, "--mm-per-px", 0.35)
    assert code == 0
    assert "Abstained" in said
    assert "nothing is measured" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--mm-per-px", "0"], 2, "0.02 to 3 mm"),
        (["--mm-per-px", "a,b"], 2, "one number in mm"),
        (["--medial", "up"], 2, "left or right"),
        (["--kph", "90"], 2, "kph_percent must be"),
        (["--model", "none@9.9.9"], 5, "has no file metadata.json"),
        (["--mask", "nothing.png"], 5, "cannot be read"),
        (["--out", "no/such/folder.png"], 1, "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(frame: Path, arguments: list[str], code: int, words: str) -> None:
    assert cti(frame, *arguments)[0] == code
    assert words in " ".join(cti(frame, *arguments)[1].split())


def test_a_file_that_is_no_image_is_refused(frame: Path) -> None:
    frame.write_bytes(b"ribeye")
    code, said = cti(frame)
    assert code == 5
    assert "neither a JPEG nor a PNG" in said


def test_a_model_may_be_named_by_its_folder(frame: Path) -> None:
    code, said = cti(frame, "--model", SHIPPED / "ribeye-unetpp@1.0.0", "--json")
    assert code == 0
    assert json.loads(said)["model"] == "ribeye-unetpp@1.0.0"
