"""The herd in words: how long, how sure, in whose units; what a move does; charts with their descriptions."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from backend.core.clock import utc_now
from backend.herd.overview import HerdAnimal, News, Overview
from backend.herd.ratios import Ratio
from backend.herd.readings import Followed, Seen
from backend.herd.service import MovePlan, MoveRow, Standing, Target, stand
from backend.herd.traits import BACKFAT, REA, WEIGHT, Reading
from state import farmer, herd_forms, herd_words
from state.herd_views import number_of, trend_of

NOW = utc_now()


def followed(*scans: tuple[float, float], unusable_days_ago: float | None = None) -> Followed:
    """An animal with usable scans of (days ago, backfat in mm)."""
    animal = uuid4()
    seen = []
    for days, backfat_mm in scans:
        at = NOW - timedelta(days=days)
        seen.append(Seen(uuid4(), animal, at, "accepted", at, Reading(at, 80, 3), Reading(at, backfat_mm, 0.6)))
    unusable = None if unusable_days_ago is None else NOW - timedelta(days=unusable_days_ago)
    return Followed(tuple(seen), unusable)


def standing(*scans: tuple[float, float], unusable_days_ago: float | None = None) -> Standing:
    return stand(followed(*scans, unusable_days_ago=unusable_days_ago), Target(), NOW)


@pytest.mark.parametrize(
    ("found", "headline", "explanation"),
    [
        (standing((60, 5.0), (1, 9.1)), "Ready in about", "to 10.0 mm of backfat · give or take"),
        (standing((60, 6.0), (1, 11.5)), "Ready now", "of backfat today; the target is 10.0 mm"),
        (standing((1, 11.5)), "Ready now", "10.0 mm of backfat is the target."),
        (standing((60, 2.1), (1, 2.6)), "Not ready yet", "under 3 mm"),
        (standing((1, 6.0)), "Needs a new scan", "there is one"),
        (standing(), "Needs a new scan", "no usable scan"),
        (standing((200, 6.0), (120, 8.0)), "Needs a new scan", "120 days old"),
        (standing((60, 5.0), (9, 9.1), unusable_days_ago=1), "Needs a new scan", "not usable"),
    ],
)
def test_an_animal_is_told_in_a_sentence(found: Standing, headline: str, explanation: str) -> None:
    assert herd_words.headline(found).startswith(headline)
    assert explanation in herd_words.explanation(found, "metric")


def test_the_target_is_told_in_the_units_one_reads() -> None:
    assert "to 0.39 in of backfat" in herd_words.explanation(standing((60, 5.0), (1, 9.1)), "imperial")


def test_a_ratio_is_told_as_above_or_below() -> None:
    told = [herd_words.ratio_words(None if one is None else Ratio(one, 9, 80)) for one in (106.4, 93.8, 100.2, None)]
    assert told == ["6 % above its group", "6 % below its group", "as its group", ""]


def test_a_number_says_what_changed_since_the_scan_before() -> None:
    readings = followed((100, 6.0), (2, 8.1)).backfat
    told = herd_words.change_words(readings, BACKFAT, "metric")
    assert told.startswith("+2.1 since ")
    assert herd_words.change_words(readings[:1], BACKFAT, "metric") == ""
    card = number_of(BACKFAT, readings[-1], [told, ""], "metric")
    assert (card.value, card.unit, len(card.notes)) == ("8.1", "±0.6 mm", 1)
    assert number_of(REA, None, [], "metric").notes == ["No usable scan yet"]


def test_a_chart_tells_those_who_do_not_see_it() -> None:
    known = followed((60, 5.0), (1, 9.1))
    view = trend_of(BACKFAT, known.backfat, "metric", stand(known, Target(), NOW))
    assert (view.title, view.count, view.target) == ("Backfat, mm", "2 scans", "target 10.0 mm")
    assert "5.0 ±0.6 mm" in view.words
    assert "Ready in about" in view.words
    assert view.drawn.reached_x
    assert trend_of(REA, [], "metric").drawn.width == ""


def test_weights_are_told_in_pounds_to_those_who_read_pounds() -> None:
    readings = [Reading(datetime(2026, 3, 1, tzinfo=UTC), 500.0)]
    assert "1,102 lb" in trend_of(WEIGHT, readings, "imperial").words


def test_a_plan_says_who_will_see_what() -> None:
    plan = MovePlan(2, 7, "South", "Pen 4", ["Ann"], ["Bob", "Cy"], [])
    assert herd_words.plan_words(plan) == [
        "2 animals and 7 scans go to Pen 4 in South.",
        "No longer seen by Bob and Cy.",
        "From then on seen by Ann.",
    ]
    worn = MovePlan(1, 0, "South", None, [], [], ["4127"])
    assert "4127 are worn there already" in herd_words.plan_words(worn)[-1]
    assert herd_words.plan_words(MovePlan(0, 0, None, None, [], [], [])) == ["All of them are in no farm already."]


def test_a_move_is_told_as_from_and_to() -> None:
    move = MoveRow(uuid4(), uuid4(), "North", "Pen 1", "South", None, 3, NOW, None, "Ann")
    assert herd_words.move_words(move) == "Pen 1 (North) → South"
    assert herd_words.names([f"P{number}" for number in range(7)]) == "P0, P1, P2, P3, P4 and 2 others"


def test_an_animals_age_is_told_in_months_then_years() -> None:
    today = datetime.now(UTC).date()
    assert herd_words.age(today - timedelta(days=425)) == "13 months"
    assert herd_words.age(today - timedelta(days=1200)) == "3 years"
    assert herd_words.age(None) == ""
    assert herd_words.animal_words("Angus", "steer") == "Angus steer"


def test_a_farmers_home_says_how_things_are() -> None:
    def animal(tag: str, *scans: tuple[float, float]) -> HerdAnimal:
        return HerdAnimal(uuid4(), tag, None, standing(*scans))

    ready, coming, due = animal("1", (60, 6.0), (1, 11.5)), animal("2", (60, 5.0), (1, 9.1)), animal("3")
    assert farmer.headline(Overview([], more=False, news=None, session=None)) == "Welcome"
    assert farmer.headline(Overview([due], more=False, news=None, session=None)) == "Your animals need a scan"
    assert "first animal is ready in" in farmer.headline(Overview([coming, due], more=False, news=None, session=None))
    news = News(NOW - timedelta(days=3), 4, 2, [ready])
    view = farmer.view_of(Overview([ready, coming, due], more=False, news=news, session=None), "metric", "UTC")
    assert view.headline == "1 animal is ready"
    assert view.news == ["4 new usable scans of 2 animals.", "1 has become ready."]
    assert [(pen.title, pen.count) for pen in view.pens] == [("Ready", "1"), ("Coming", "1"), ("Needs a new scan", "1")]


def test_forms_are_read_with_care() -> None:
    given = {"tag_id": "T1", "sex": "steer", "birth_date": "2025-03-14", "breed": " ", "group_id": ""}
    read = herd_forms.animal(given)
    assert (read["birth_date"], read["breed"], read["group_id"]) == (date(2025, 3, 14), None, None)
    for wrong in ({"sex": "goat"}, {"birth_date": "yesterday"}, {"group_id": "x"}):
        with pytest.raises(Exception, match="not valid"):
            herd_forms.animal({"tag_id": "T1", **wrong})
    target = herd_forms.target({"backfat": "0,4", "coming_days": "30", "rescan_days": "90"}, 25.4)
    assert target.backfat_mm == pytest.approx(10.2)
