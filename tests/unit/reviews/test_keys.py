"""Keys a reader may choose: one each, none that does something else."""

import pytest

from backend.reviews.keys import TAKEN, USUAL, clean, problems_of


def test_the_usual_keys_do_not_clash() -> None:
    assert problems_of(USUAL) == {}
    assert not set(USUAL.values()) & TAKEN.keys()


@pytest.mark.parametrize(
    ("typed", "key"), [("a", "A"), (" ", "Space"), ("arrowleft", "ArrowLeft"), (" enter ", "Enter"), (";", ";")]
)
def test_a_key_is_named_as_browsers_name_it(typed: str, key: str) -> None:
    assert clean(typed) == key


@pytest.mark.parametrize(
    ("act", "key", "said"),
    [
        ("accept", "M", "something else already"),
        ("accept", "3", "gives a reason"),
        ("accept", "E", "opens the editor"),
        ("accept", "F7", "one letter"),
        ("accept", "\t", "one letter"),
        ("dance", "X", "nothing a key can do"),
    ],
)
def test_a_key_that_would_clash_is_refused_in_words(act: str, key: str, said: str) -> None:
    assert said in problems_of({**USUAL, act: key})[act]


def test_both_acts_of_a_clash_are_named() -> None:
    assert problems_of({**USUAL, "accept": "R"}).keys() == {"accept", "reject"}
