"""A page that loads ends up with what it loads or with the reason why not; it is never left waiting."""

import pytest

from backend.core.errors import Unavailable
from state.devices import DevicesState
from state.loading import UNEXPECTED


def test_what_was_expected_to_fail_becomes_the_error_state() -> None:
    state = DevicesState()
    with state._loading():
        raise Unavailable("The database is restarting.")
    assert (state.loaded, state.problem) == (True, "The database is restarting.")


def test_a_fault_of_ours_becomes_one_too_and_goes_on_to_the_log() -> None:
    state = DevicesState()
    with pytest.raises(ZeroDivisionError), state._loading():
        raise ZeroDivisionError
    assert (state.loaded, state.problem) == (True, UNEXPECTED)


def test_what_loads_at_last_takes_the_problem_back() -> None:
    state = DevicesState()
    with state._loading():
        raise Unavailable
    with state._loading():
        pass
    assert (state.loaded, state.problem) == (True, "")
