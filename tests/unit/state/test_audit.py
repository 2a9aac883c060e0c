"""The audit log in words: what was done, what it was done to, and the page of that."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.audit.log import Entry
from state.audit import line_of


def entry(**values: Any) -> Entry:
    usual: dict[str, Any] = {
        "id": 1,
        "created_at": datetime(2026, 3, 9, tzinfo=UTC),
        "user_id": None,
        "person": "",
        "action": "animal.weighed",
        "object_type": "animal",
        "object_id": "0417",
        "before": {},
        "after": {"kg": 512},
        "request_id": "",
        "ip": "",
        "session_id": None,
        "times": 1,
    }
    return Entry(**{**usual, **values})


@pytest.mark.parametrize(
    ("kind", "href"),
    [
        ("animal", "/animals/0417"),
        ("device", "/admin/devices/0417"),
        ("scan_session", "/sessions/0417"),
        ("import", "/herd/import?of=0417"),
        ("membership", ""),
    ],
)
def test_an_act_leads_to_what_it_was_done_to_where_that_has_a_page(kind: str, href: str) -> None:
    line = line_of(entry(object_type=kind))
    assert (line.href, line.thing) == (href, f"{kind} 0417".replace("_", " "))
    assert line_of(entry(object_type=kind, object_id="")).href == ""


def test_an_act_of_nobody_is_the_products_own() -> None:
    line = line_of(entry(before={"kg": 500}))
    assert (line.act, line.person) == ("Animal weighed", "CTI itself")
    assert [(change.name, change.before, change.after) for change in line.changes] == [("kg", "500", "512")]
