"""The past of the demo herd: what is sent fits the contract, and the same animals come at every visit."""

from datetime import datetime
from itertools import islice

from backend.core.clock import utc_now
from backend.ingest.schema import schema_errors
from cti_app.simulator import Place
from cti_app.simulator.past import FRAMES, LABEL, VISITS, born, past_captures


def test_a_visit_sees_the_pen_in_chute_order_and_says_that_it_is_simulated() -> None:
    now = utc_now()
    first = list(islice(past_captures("dev-0001", Place(-114.06, 52.4), now), 2))
    assert [capture.meta["animal_tag"] for capture in first] == list(FRAMES)[:2]
    assert {capture.meta["label"] for capture in first} == {LABEL}
    captured = datetime.fromisoformat(first[0].meta["captured_at"])
    assert abs((now - captured).days - VISITS[0]) <= 1
    assert not schema_errors(first[0].meta)


def test_every_frame_is_an_animals_own_and_all_are_of_one_season() -> None:
    numbers = [number for frames in FRAMES.values() for number in frames]
    assert len(set(numbers)) == len(numbers) == len(FRAMES) * len(VISITS)
    days = [born(utc_now(), tag) for tag in FRAMES]
    assert (max(days) - min(days)).days < 90
