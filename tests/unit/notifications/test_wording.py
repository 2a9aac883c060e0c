"""What notifications say: of one, of many, of payloads that hold little or too much."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.notifications.channels import NotificationType
from backend.notifications.models import TYPES
from backend.notifications.wording import LABELS, wording

VALUES = st.one_of(
    st.none(), st.integers(), st.text("aB3/\\\n\r\t .#:é\u2028", max_size=12), st.lists(st.integers(), max_size=2)
)
KEYS = ["farm", "on", "scans", "ungraded", "scan_id", "animal", "trait", "device", "since", "name", "link", "model"]


@pytest.mark.parametrize(
    ("type_", "payload", "times", "headline", "detail", "link"),
    [
        (
            "session_graded",
            {"farm": "Oak Ridge", "on": "2026-09-03", "scans": 41, "ungraded": 2},
            1,
            "The session at Oak Ridge of 3 September 2026 is graded",
            "41 images, 2 without a measurement",
            "/scans",
        ),
        ("results_accepted", {"farm": "Oak Ridge", "scan_id": "7"}, 12, "12 new results at Oak Ridge", None, "/"),
        ("results_accepted", {"animal": "#118", "scan_id": "7"}, 1, "A new result of #118", "Accepted", "/scans/7"),
        ("second_reading", {"trait": "REA", "scan_id": "7"}, 1, "An image needs a second reading", None, "/scans/7"),
        ("second_reading", {"farm": "A"}, 3, "3 images at A need a second reading", None, "/review"),
        (
            "device_silent",
            {"device": "P-1", "since": "2026-09-03T04:05:06Z"},
            1,
            "P-1 is silent",
            "Last heard of on 2026-09-03 at 04:05 UTC",
            "/admin/devices",
        ),
        (
            "access_request",
            {"name": "Ada\r\nBcc: x", "role": "farmer"},
            1,
            "Ada Bcc: x asks for access as farmer",
            "",
            "/admin/people",
        ),
        (
            "export_ready",
            {"title": "Scans", "rows": 1, "link": "/exports/9"},
            1,
            "Scans is ready",
            "1 row",
            "/exports/9",
        ),
        (
            "model_changed",
            {"alias": "canary", "was": "a@1"},
            1,
            "There is no canary model any more",
            "Before: a@1",
            None,
        ),
        (
            "model_changed",
            {"alias": "canary", "model": None, "was": "a@1", "reason": "It abstained too often."},
            1,
            "The canary a@1 was taken back",
            "It abstained too often.",
            "/admin/models",
        ),
        ("model_changed", {"alias": "champion", "model": "b@2"}, 1, "b@2 is the champion now", "", "/admin/models"),
        ("mentioned", {"by": "Bob", "text": "look", "scan_id": "7"}, 1, "Bob mentions you", "look", "/scans/7"),
    ],
)
def test_it_is_said_in_words_of_the_trade(
    type_: NotificationType, payload: dict[str, Any], times: int, headline: str, detail: str | None, link: str | None
) -> None:
    said = wording(type_, payload, times)
    assert said.headline == headline
    assert detail in {None, said.detail}
    assert link in {None, said.link}


@pytest.mark.parametrize("link", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"])
def test_a_link_never_leaves_the_product(link: str) -> None:
    assert wording("export_ready", {"link": link}).link == "/notifications"


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), VALUES), st.integers(1, 99))
def test_whatever_a_payload_holds_something_fits_on_a_line(
    type_: NotificationType, payload: dict[str, Any], times: int
) -> None:
    said = wording(type_, payload, times)
    assert said.headline.strip()
    assert "\n" not in said.headline + said.detail
    assert said.link.startswith("/")


def test_every_type_has_its_words() -> None:
    assert set(LABELS) == set(TYPES) == set(get_args(NotificationType))
