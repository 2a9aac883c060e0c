"""The network and its trainer, on a handful of phantoms. Skipped where torch is not installed: see docs/training.md."""

import hashlib
import json
import shutil
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

import torch

from training import dataset, export, train
from training.network import CLASSES, UNetPlusPlus
from training.phantoms import make_phantom
from training.shipped import FOLDER, INPUT_PX

FEW = 4
BASE = 2
Bytes = NDArray[np.uint8]


@cache
def four_phantoms() -> tuple[Bytes, Bytes]:
    pairs = [dataset.squares(seed) for seed in range(FEW)]
    return np.stack([image for image, _ in pairs]), np.stack([mask for _, mask in pairs])


def a_batch() -> tuple[torch.Tensor, torch.Tensor]:
    images, masks = four_phantoms()
    return train.batch_of(images.copy(), masks.copy(), None)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of four, so that a round is one step."""
    for name in ("TRAINING", "VALIDATION"):
        monkeypatch.setattr(dataset, name, FEW)
    for name in ("ROUND", "BATCH"):
        monkeypatch.setattr(train, name, FEW)
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with both sets made."""
    images, masks = four_phantoms()
    for name in ("training", "validation"):
        made = dataset.opened(tmp_path / "data", name, FEW)
        made.images[:], made.masks[:] = images, masks
        (tmp_path / "data" / f"{name}.done").write_text(str(FEW))
    return tmp_path / "data"


class TestNetwork:
    @pytest.mark.parametrize(("count", "side"), [(1, 64), (2, 96), (3, 256)])
    def test_every_pixel_gets_a_logit_for_each_class(self, count: int, side: int) -> None:
        logits = UNetPlusPlus(BASE).eval()(torch.zeros(count, 1, side, side))
        assert tuple(logits.shape) == (count, CLASSES, side, side)

    def test_it_has_as_many_parameters_as_the_card_says(self) -> None:
        assert sum(each.numel() for each in UNetPlusPlus(12).parameters()) == pytest.approx(1.1e6, rel=0.1)

    def test_every_part_of_it_learns(self) -> None:
        model = UNetPlusPlus(BASE)
        train.loss_of(model.coarse(torch.randn(2, 1, 64, 64)), torch.randint(0, CLASSES, (2, 64, 64))).backward()
        assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in model.parameters())


class TestBatch:
    def test_levels_are_standard_inside_and_zero_beside(self) -> None:
        images, masks = four_phantoms()
        x, y = a_batch()
        for square, image in zip(x[:, 0].numpy(), images, strict=True):
            assert not square[image == 0].any()
            assert square[image > 0].mean() == pytest.approx(0, abs=1e-3)
            assert square[image > 0].std() == pytest.approx(1, abs=1e-2)
        assert np.array_equal(y.numpy(), masks)

    def test_image_and_mask_are_mirrored_together(self) -> None:
        masks = four_phantoms()[1]
        images = (masks * 60 + 40).astype(np.uint8)
        turned = 0
        for seed in range(6):
            x, y = train.batch_of(images.copy(), masks.copy(), np.random.default_rng(seed))
            for square, classes, before in zip(x[:, 0].numpy(), y.numpy(), masks, strict=True):
                assert len({(float(square[classes == index].std() < 1e-3)) for index in range(CLASSES)}) == 1
                assert np.array_equal(classes, before) or np.array_equal(classes, before[:, ::-1])
                turned += not np.array_equal(classes, before)
        assert 4 < turned < 20


class TestLoss:
    def test_the_right_answer_costs_least(self) -> None:
        coarse = torch.from_numpy(four_phantoms()[1].astype(np.int64))[:, ::2, ::2]
        classes = coarse.repeat_interleave(2, 1).repeat_interleave(2, 2)
        right = torch.nn.functional.one_hot(coarse, CLASSES).permute(0, 3, 1, 2).float() * 20
        shifted, unsure = torch.roll(right, 5, dims=3), right * 0
        losses = [float(train.loss_of(logits, classes)) for logits in (right, shifted, unsure)]
        assert losses[0] < 0.01 < losses[1]
        assert losses[0] < losses[2]

    def test_a_pixel_of_two_tissues_is_wanted_to_say_so(self) -> None:
        classes = torch.tensor([[[0, 1], [0, 1]]])
        halves = [torch.tensor([share, 1 - share, 1e-6]).log().reshape(1, CLASSES, 1, 1) for share in (0.5, 0.9)]
        assert train.loss_of(halves[0], classes) < train.loss_of(halves[1], classes)

    def test_the_rate_rises_shortly_and_falls_to_nothing(self) -> None:
        rates = [train.rate_at(share) for share in np.linspace(0, 1, 101)]
        top = int(np.argmax(rates))
        assert max(rates) == pytest.approx(train.PEAK_RATE)
        assert top == pytest.approx(100 * train.WARM_SHARE)
        assert rates[top:] == sorted(rates[top:], reverse=True)
        assert rates[-1] == pytest.approx(0, abs=1e-9)
        assert train.rate_at(1.5) == pytest.approx(0, abs=1e-9)


class TestTraining:
    def test_a_few_steps_on_four_phantoms_lower_the_loss(self, data: Path, tmp_path: Path) -> None:
        own = train.Training(data, tmp_path / "run", 60, BASE)
        x, y = a_batch()
        losses = [own._step(x, y) for _ in range(10)]
        assert losses[-1] < 0.9 * losses[0]

    def test_it_ends_when_its_time_is_spent_and_keeps_what_it_learnt(self, data: Path, tmp_path: Path) -> None:
        own = train.Training(data, tmp_path / "run", 0.01, BASE)
        own.go()
        assert own.state.spent_s >= 0.01
        assert own.state.seen == FEW
        assert {each.name for each in (tmp_path / "run").iterdir()} == {"best.pt", "last.pt", "history.json"}
        facts = json.loads((tmp_path / "run" / "history.json").read_text())[-1]
        assert facts["seen"] == FEW
        assert 0 <= facts["dice_ribeye"] <= 1

    def test_a_second_start_goes_on_where_the_first_ended(self, data: Path, tmp_path: Path) -> None:
        first = train.Training(data, tmp_path / "run", 0.01, BASE)
        first.go()
        second = train.Training(data, tmp_path / "run", 0.01 + first.state.spent_s, BASE)
        assert second.state == first.state
        for before, after in zip(first.model.parameters(), second.model.parameters(), strict=True):
            assert torch.equal(before, after)
        second.go()
        assert second.state.seen > first.state.seen
        assert len(second.state.history) == len(first.state.history) + 1

    def test_when_the_time_is_up_already_nothing_happens(self, data: Path, tmp_path: Path) -> None:
        train.Training(data, tmp_path / "run", 0.01, BASE).go()
        again = train.Training(data, tmp_path / "run", 0.01, BASE)
        again.go()
        assert again.state.seen == FEW

    def test_it_stops_early_when_nothing_gets_better(self, data: Path, tmp_path: Path) -> None:
        own = train.Training(data, tmp_path / "run", 600, BASE)
        own.state.worse_rounds = train.PATIENCE
        own.go()
        assert own.state.seen == 0

    def test_only_a_better_round_replaces_the_best_weights(self, data: Path, tmp_path: Path) -> None:
        own = train.Training(data, tmp_path / "run", 600, BASE)
        own._remember({"loss": 0.5})
        best = (tmp_path / "run" / "best.pt").read_bytes()
        own._step(*a_batch())
        own._remember({"loss": 0.6})
        assert (tmp_path / "run" / "best.pt").read_bytes() == best
        assert own.state.worse_rounds == 1
        own._remember({"loss": 0.4})
        assert (tmp_path / "run" / "best.pt").read_bytes() != best
        assert own.state.worse_rounds == 0

    def test_without_phantoms_it_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match=r"run training\.dataset first"):
            train.Training(tmp_path / "none", tmp_path / "run", 60, BASE).go()


class TestExport:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A model folder of the test's own."""
        made = tmp_path / FOLDER.name
        made.mkdir()
        shutil.copy(FOLDER / "preprocessing.py", made)
        monkeypatch.setattr(export, "FOLDER", made)
        return made

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the exporter that opset 17 needs
    def test_the_file_answers_as_the_network_does_for_any_number_of_images(self, folder: Path, tmp_path: Path) -> None:
        pytest.importorskip("onnx")
        runtime = pytest.importorskip("onnxruntime")
        model = UNetPlusPlus(BASE).eval()
        torch.save(model.state_dict(), tmp_path / "best.pt")
        export.write_onnx(tmp_path / "best.pt", BASE)
        session = runtime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        for count in (1, 3):
            given = torch.randn(count, 1, INPUT_PX, INPUT_PX)
            (found,) = session.run(["logits"], {"image": given.numpy()})
            with torch.no_grad():
                assert np.allclose(found, model(given).numpy(), atol=1e-3)
        assert session.get_modelmeta().custom_metadata_map == export.hashes()

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_the_platforms_pipeline_takes_what_was_exported(self, folder: Path, tmp_path: Path) -> None:
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
        from jobs.grading.model import load_model
        from training.evaluate import OPEN, looked_at

        torch.save(UNetPlusPlus(BASE).eval().state_dict(), tmp_path / "best.pt")
        export.write_onnx(tmp_path / "best.pt", BASE)
        export.write_config({"temperature": 1.0, "thresholds": asdict(OPEN), "errors": {}})
        export.write_metadata(tmp_path, None)
        row = looked_at(load_model(folder), make_phantom(1_000_000, kind="ribeye"))
        assert row.ms > 0
        assert row.dice is not None
        assert row.dice < 0.9

    def test_every_file_but_itself_is_named_with_its_hash(self, folder: Path, tmp_path: Path) -> None:
        export.write_config(None)
        export.write_metadata(tmp_path, None)
        document = json.loads((folder / "metadata.json").read_text())
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        del files["metadata.json"]
        assert document["files"] == files
        assert set(files) == {"config.json", "preprocessing.py"}
        assert document["preprocessing_sha256"] == files["preprocessing.py"]

    def test_a_report_sets_thresholds_and_errors(self, folder: Path) -> None:
        report = {"temperature": 1.2, "thresholds": {"min_confidence": 0.4}, "errors": {"rea_cm2_mae": 1.5}}
        export.write_config(report)
        config = json.loads((folder / "config.json").read_text())
        assert {name: config[name] for name in report} == report
        assert config["classes"] == export.CLASSES

    def test_hashes_of_sources_follow_names_and_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "ROOT", tmp_path)
        (tmp_path / "a.py").write_text("one")
        before = export.sources_sha256("*.py")
        (tmp_path / "a.py").rename(tmp_path / "b.py")
        renamed = export.sources_sha256("*.py")
        (tmp_path / "b.py").write_text("two")
        assert len({before, renamed, export.sources_sha256("*.py")}) == 3
