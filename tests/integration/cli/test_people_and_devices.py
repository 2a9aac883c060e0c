"""`cti user …` and `cti device …`: what they store, what they say, how they refuse."""

import hashlib

import psycopg
import pytest

from tests.integration.cli.conftest import Cti

PASSWORD = "gate-lantern-orchard-47"


def one(url: str, query: str, *values: object) -> tuple[object, ...] | None:
    with psycopg.connect(url) as session:
        return session.execute(query, values).fetchone()


def test_the_first_admin_runs_the_installation(cti: Cti, superuser_url: str) -> None:
    said = cti("user", "create", "--email", "Ada@Example.org", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    assert said.code == 0
    assert said.out == "Ada@Example.org can sign in as admin.\n"
    row = one(superuser_url, "SELECT email, status, is_platform_admin, password_hash FROM users")
    assert row is not None
    assert row[:3] == ("ada@example.org", "active", True)
    assert str(row[3]).startswith("$argon2id$")


def test_without_a_password_a_link_is_made(cti: Cti, superuser_url: str) -> None:
    said = cti("user", "create", "--email", "t@example.org", "--role", "technician", "--json")
    assert said.code == 0
    assert said.document["link"].startswith("http://localhost:3000/invite?token=")
    assert one(superuser_url, "SELECT purpose FROM one_time_tokens") == ("invite",)


def test_an_address_that_is_taken_is_refused_with_code_5(cti: Cti) -> None:
    first = ("user", "create", "--email", "t@example.org", "--role", "technician")
    assert cti(*first).code == 0
    again = cti(*first, "--json")
    assert again.code == 5
    assert again.document["error"]["kind"] == "refused"


@pytest.mark.parametrize(
    ("words", "stdin", "hint"),
    [
        (("user", "create", "--email", "a@example.org", "--role", "boss"), "", "choose admin, technician, farmer"),
        (("user", "create", "--email", "a@example.org", "--role", "admin", "--password-stdin"), "", "standard input"),
    ],
)
def test_wrong_usage_ends_with_code_2(cti: Cti, words: tuple[str, ...], stdin: str, hint: str) -> None:
    said = cti(*words, stdin=stdin)
    assert said.code == 2
    assert hint in said.err


def test_a_guessable_password_is_refused(cti: Cti, superuser_url: str) -> None:
    said = cti(
        "user", "create", "--email", "a@example.org", "--role", "admin", "--password-stdin", stdin="password1234"
    )
    assert said.code == 5
    assert said.err.startswith("✗ password: ")
    assert one(superuser_url, "SELECT count(*) FROM users") == (0,)


def test_a_password_is_set_anew(cti: Cti, superuser_url: str) -> None:
    cti("user", "create", "--email", "a@example.org", "--role", "admin")
    said = cti("user", "reset-password", "--email", "a@example.org", "--password-stdin", stdin=PASSWORD + "\n")
    assert said.code == 0
    assert one(superuser_url, "SELECT password_hash IS NOT NULL FROM users") == (True,)


def test_nobody_s_password_is_refused(cti: Cti) -> None:
    assert cti("user", "reset-password", "--email", "nobody@example.org").code == 5


def test_a_device_gets_a_key_once_and_only_its_hash_is_kept(cti: Cti, superuser_url: str) -> None:
    said = cti("device", "register", "dev-0001", "--label", "North barn Pi", "--json")
    assert said.code == 0
    key = said.document["key"]
    stored = one(superuser_url, "SELECT key_sha256 FROM device_keys")
    assert stored == (hashlib.sha256(key.encode()).hexdigest(),)


def test_rotating_ends_the_old_key(cti: Cti, superuser_url: str) -> None:
    cti("device", "register", "dev-0001")
    said = cti("device", "rotate-key", "dev-0001", "--json")
    assert said.document["key"].startswith("cti_dev_")
    counts = one(superuser_url, "SELECT count(*), count(revoked_at) FROM device_keys")
    assert counts == (2, 1)


def test_devices_are_listed_for_people_and_for_scripts(cti: Cti) -> None:
    assert "No device yet" in cti("device", "list").out
    cti("device", "register", "dev-0002", "--label", "Pen 7")
    cti("device", "register", "dev-0001")
    assert [row["code"] for row in cti("device", "list", "--json").document["devices"]] == ["dev-0001", "dev-0002"]
    assert "Pen 7" in cti("device", "list").out


@pytest.mark.parametrize(
    "words",
    [
        ("device", "register", "../etc"),
        ("device", "rotate-key", "dev-9999"),
        ("device", "register", "dev-0001", "--farm", "Nowhere"),
        ("device", "register", "dev-0001", "--farm", "01a1fa82-adb8-77ef-a706-9d9bd9350fc5"),
        ("device", "list", "--organization", "elsewhere"),
    ],
)
def test_what_does_not_exist_is_refused_with_code_5(cti: Cti, words: tuple[str, ...]) -> None:
    said = cti(*words)
    assert said.code == 5
    assert said.err.startswith("✗ ")
