"""Whom a note names."""

from uuid import uuid4

import pytest

from backend.scans.mentions import Mentionable, mentioned

ANN, ANNE, TOM = (Mentionable(uuid4(), name) for name in ("Ann Hill", "Ann Hill-Baker", "Tom (vet)"))
PEOPLE = [ANN, ANNE, TOM]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@Ann Hill look", [ANN]),
        ("@ann hill, and @TOM (VET)!", [ANN, TOM]),
        ("@Ann Hill-Baker", [ANNE]),
        ("mail ann@Ann Hill.example", []),
        ("@Ann Hillary", []),
        ("Ann Hill without the sign", []),
        ("@Ann Hill @Ann Hill", [ANN]),
        ("", []),
    ],
)
def test_a_name_after_the_sign_means_its_bearer(text: str, meant: list[Mentionable]) -> None:
    assert mentioned(text, PEOPLE) == meant
    assert mentioned(text, []) == []
