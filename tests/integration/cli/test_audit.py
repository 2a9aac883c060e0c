"""`cti audit verify`: whole with code 0, broken with the place and code 1."""

import psycopg

from tests.integration.cli.conftest import Cti


def test_it_says_that_all_is_whole_or_where_it_broke(cti: Cti, superuser_url: str) -> None:
    for name in ("ada", "bob"):
        assert cti("user", "create", "--email", f"{name}@example.org", "--role", "admin").code == 0
    whole = cti("audit", "verify", "--json")
    assert whole.code == 0
    logs = {log["organization"]: log for log in whole.document["logs"]}
    assert whole.document["whole"]
    assert (logs["default"]["entries"], logs["installation"]["entries"]) == (2, 0)
    end = f"2:{logs['default']['sha256']}"
    assert cti("audit", "verify", "--org", "default", "--end", end).code == 0
    with psycopg.connect(superuser_url, autocommit=True) as session:
        session.execute("UPDATE audit_log SET ip = '203.0.113.9' WHERE id = (SELECT min(id) FROM audit_log)")
    broken = cti("audit", "verify")
    assert broken.code == 1
    assert "default: BROKEN at entry 1" in broken.out
    assert "installation: whole" in broken.out


def test_an_end_that_the_log_does_not_have_shows_that_it_was_cut(cti: Cti) -> None:
    cti("user", "create", "--email", "ada@example.org", "--role", "admin")
    cut = cti("audit", "verify", "--org", "default", "--end", "7:" + "0" * 64, "--json")
    assert cut.code == 1
    assert "cut off" in cut.document["logs"][0]["broken"]["reason"]
    assert cti("audit", "verify", "--end", "7:00").code == 2
