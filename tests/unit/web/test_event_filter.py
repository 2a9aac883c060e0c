"""What a socket may say: everything a page of ours never sends is dropped before Reflex sees it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex_base.registry import RegistrationContext

from cti_app.event_filter import BURST, EVENTS_PER_S, HYDRATE_AND_LOAD, Bucket, cleaned
from state.base import AppState

HANDLERS = RegistrationContext.get().event_handlers
DROP_TOAST = f"{AppState.get_full_name()}.drop_toast"

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def test_an_event_of_a_page_passes() -> None:
    event = {
        "name": DROP_TOAST,
        "payload": {"toast_id": "7"},
        "router_data": {"pathname": "/scans", "asPath": "/scans?q=a"},
    }
    assert cleaned(event, HANDLERS) == event


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        7,
        [],
        {},
        {"name": 7},
        {"name": "nobody.knows"},
        {"name": "_redirect"},
        {"name": DROP_TOAST, "payload": "text"},
        {"name": DROP_TOAST, "payload": {"toast_id": "1", "self": "x"}},
        {"name": DROP_TOAST, "payload": {"other": 1}},
        {"name": DROP_TOAST, "router_data": ["x"]},
    ],
)
def test_anything_else_is_dropped(data: object) -> None:
    assert cleaned(data, HANDLERS) is None


def test_headers_and_addresses_of_the_senders_making_are_left_out() -> None:
    event = {
        "name": DROP_TOAST,
        "router_data": {"pathname": "/", "headers": {"cookie": "x"}, "ip": "1.2.3.4", "token": "t"},
    }
    found = cleaned(event, HANDLERS)
    assert found is not None
    assert set(found["router_data"]) == {"pathname", "asPath"}


@pytest.mark.parametrize("path", ["http://elsewhere.example/", 7, None, "x" * 9000, "/" + "x" * 9000])
def test_a_path_that_is_none_becomes_the_root(path: object) -> None:
    found = cleaned({"name": DROP_TOAST, "router_data": {"pathname": path}}, HANDLERS)
    assert found is not None
    assert found["router_data"]["pathname"] == "/"


def test_browser_storage_cannot_be_written_into_a_state_at_hydration() -> None:
    found = cleaned({"name": HYDRATE_AND_LOAD, "payload": {"vars": {"a.b": 1}, "hashes": ["x", "y"]}}, HANDLERS)
    assert found is not None
    assert found["payload"] == {"hashes": ["x", "y"]}


def test_only_strings_of_a_query_are_kept() -> None:
    found = cleaned({"name": DROP_TOAST, "router_data": {"query": {"q": "a", "deep": {"x": 1}}}}, HANDLERS)
    assert found is not None
    assert found["router_data"]["query"] == {"q": "a"}


@given(json_values)
def test_no_message_makes_the_filter_fail(data: object) -> None:
    assert cleaned(data, HANDLERS) is None


@given(payload=json_values, router=json_values)
def test_no_part_of_a_known_event_makes_the_filter_fail(payload: object, router: object) -> None:
    found = cleaned({"name": DROP_TOAST, "payload": payload, "router_data": router}, HANDLERS)
    assert found is None or found["payload"].keys() <= {"toast_id"}


def test_a_socket_that_says_too_much_is_cut_short_and_may_speak_again_later() -> None:
    bucket = Bucket(at_s=100.0)
    assert all(bucket.take(100.0) for _ in range(int(BURST)))
    assert not bucket.take(100.0)
    assert bucket.take(100.0 + 1.5 / EVENTS_PER_S)
    assert not bucket.take(100.0 + 1.5 / EVENTS_PER_S)
