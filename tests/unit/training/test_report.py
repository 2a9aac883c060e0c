"""Figures about the model: which phantoms they are of, how errors are counted, and what the card says."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from jobs.grading.evidence import Evidence
from training import card, evaluate
from training.dataset import HELD_OUT, TRAINING
from training.evaluate import OPEN, Row
from training.phantoms.phantom import FAMILY

EVIDENCE = Evidence(
    tta_agreement=0.96,
    boundary_probability=0.9,
    ribeye_probability=0.97,
    edge_quality=0.8,
    snr=1.9,
    area_share=0.3,
    area_cm2=80.0,
    aspect=2.0,
    solidity=0.97,
    fat_cover=1.0,
    cut_share=0.0,
).to_document()
GOOD = Row(HELD_OUT, "ribeye", False, EVIDENCE, 0.97, 0.0, 0.0, 50.0)  # noqa: FBT003
UNSEEN = replace(GOOD, evidence=None, dice=None, rea_error_cm2=None, backfat_error_mm=None)


def row(**given: Any) -> Row:
    return replace(GOOD, **given)


class TestSeeds:
    def test_what_measures_never_trained(self) -> None:
        assert TRAINING <= HELD_OUT < evaluate.CALIBRATING < evaluate.REPORTED

    def test_what_sets_the_thresholds_is_not_what_is_reported(self) -> None:
        assert evaluate.CALIBRATING + 7 * 1000 < evaluate.REPORTED

    @pytest.mark.parametrize("corner", [False, True])
    def test_reported_phantoms_all_have_a_ribeye(self, *, corner: bool) -> None:
        made = list(islice(evaluate.ribeyes(evaluate.REPORTED, 300, corner=corner), 3))
        assert [each.seed for each in made] == [evaluate.REPORTED + 7 * n for n in range(3)]
        assert all(each.has_ribeye for each in made)

    def test_three_hundred_of_them_come_of_many_families(self) -> None:
        assert len({(evaluate.REPORTED + 7 * n) // FAMILY for n in range(300)}) >= 20


class TestErrors:
    def test_bias_mean_and_spread_are_of_measured_minus_true(self) -> None:
        rows = [row(rea_error_cm2=value, backfat_error_mm=None) for value in (-1.0, 2.0, 5.0)]
        assert evaluate.errors_of(rows, OPEN) == {"rea_cm2_bias": 2.0, "rea_cm2_mae": 2.667, "rea_cm2_sd": 3.0}

    def test_those_of_abstained_phantoms_do_not_count(self) -> None:
        strict = replace(OPEN, min_tta_agreement=0.9)
        shaky = row(rea_error_cm2=50.0, evidence=EVIDENCE | {"tta_agreement": 0.5})
        found = evaluate.errors_of([row(rea_error_cm2=1.0), row(rea_error_cm2=2.0), shaky], strict)
        assert found["rea_cm2_mae"] == 1.5

    def test_dice_counts_every_phantom_and_abstentions_are_told(self) -> None:
        strict = replace(OPEN, min_tta_agreement=0.9)
        rows = [row(), row(), row(dice=0.41, evidence=EVIDENCE | {"tta_agreement": 0.5}), row(dice=0.0, evidence=None)]
        facts = evaluate.domain(rows, strict)
        assert facts["frames"] == 4
        assert facts["abstained_share"] == 0.5
        assert facts["dice_all"] == pytest.approx((0.97 * 2 + 0.41) / 4, abs=1e-3)
        assert facts["dice_answered"] == pytest.approx(0.97)

    def test_without_ribeyes_only_abstentions_are_told(self) -> None:
        assert evaluate.domain([UNSEEN] * 5, OPEN) == {"frames": 5, "abstained_share": 1.0}

    def test_thresholds_let_nearly_all_good_answers_through(self) -> None:
        good = [row(evidence=EVIDENCE | {"tta_agreement": 0.9 + n / 2000}) for n in range(200)]
        limits = evaluate.thresholds_from(good)
        assert sum(each.answered(limits) for each in good) >= evaluate.KEPT * 200 - 1
        assert not row(evidence=EVIDENCE | {"tta_agreement": 0.5}).answered(limits)
        assert not row(evidence=EVIDENCE | {"area_cm2": 10.0}).answered(limits)


class TestCard:
    def test_it_says_plainly_what_the_model_is_not_and_repeats_the_figures(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(card, "FOLDER", tmp_path)
        domains = {
            "held_out": [row(rea_error_cm2=1.25), row(rea_error_cm2=-1.25)],
            "no_ribeye": [UNSEEN],
        }
        report = {
            "errors": {"rea_cm2_sd": 1.77, "backfat_mm_sd": 0.66},
            "domains": {name: evaluate.domain(rows, OPEN) for name, rows in domains.items()},
        }
        card.write_card(json.loads(json.dumps(report)))
        text = (tmp_path / "card.md").read_text()
        assert "Not validated on real cattle" in text
        assert "| held-out phantoms | 2 | 0.0% | 0.970 | 1.25 cm² | 0.00 mm |" in text
        assert "| phantoms without a ribeye | 1 | 100.0% |" in text
        assert "1.77 cm²" in text
        assert "{" not in text
