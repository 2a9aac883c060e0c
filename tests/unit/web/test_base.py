"""Small helpers every page leans on."""

import pytest

from backend.core.errors import Conflict, Invalid, NotFound
from components.problems import DONE, PROBLEMS, known
from state.auth import RegisterState, typed
from state.base import AppState, initials_of
from state.browsers import browser_words


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Maria Tanner", "MT"),
        ("Ana Maria de Souza", "AS"),
        ("Björk", "BJ"),
        ("frida.vang@farm.example", "FV"),
        ("x@farm.example", "X@"),
        ("", ""),
    ],
)
def test_an_avatar_has_up_to_two_letters(name: str, initials: str) -> None:
    assert initials_of(name) == initials


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        ("curl/8.5.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words


@pytest.mark.parametrize("value", ["", "no id", None, 7, {"x": 1}, "0" * 500])
def test_what_is_no_id_is_found_nowhere(value: object) -> None:
    with pytest.raises(NotFound):
        AppState()._id(value)


def test_mistakes_stand_beside_their_fields_as_sentences() -> None:
    wrong = Invalid(
        errors=[
            {"path": "email", "message": "is not an email address"},
            {"path": "body.password", "message": "is easy to guess"},
            {"path": "password", "message": "must have at least 12 characters"},
        ]
    )
    assert AppState()._field_errors(wrong) == {"email": "Is not an email address", "password": "Is easy to guess"}


def test_a_mistake_of_no_field_stands_above_the_form() -> None:
    assert AppState()._field_errors(Conflict("Already there.")) == {"form": "Already there."}


def test_a_form_is_read_as_text_of_bounded_length() -> None:
    found = typed(
        {"email": "a@b.example", "extra": "x", "message": "m" * 9999, "name": None}, "email", "message", "name"
    )
    assert found == {"email": "a@b.example", "message": "m" * 4096, "name": ""}


def test_the_oldest_message_makes_room_for_the_newest() -> None:
    state = RegisterState()
    for number in range(6):
        state._say(f"message {number}")
    assert [toast.text for toast in state.toasts] == [f"message {number}" for number in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("code", "shown"), [("credentials", "credentials"), ("", ""), ("<b>", "other"), ("nope", "other")]
)
def test_only_known_codes_reach_a_page(code: str, shown: str) -> None:
    assert known(code, PROBLEMS) == shown


def test_an_unknown_success_is_none() -> None:
    assert known("nope", DONE) == ""
