"""Which passwords are good enough."""

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from backend.identity.errors import (
    PasswordCommon,
    PasswordLong,
    PasswordPersonal,
    PasswordRefused,
    PasswordShort,
)
from backend.identity.password_rules import broken_rules, check_password, common_words, normalised

LETTERS_AND_DIGITS = string.ascii_letters + string.digits


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2024!",
        "P@ssw0rd!!!!",
        "passwordpassword",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "qwerty123456",
        "asdfghjklzxcvbnm",
        "123456789012",
        "210987654321",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcabcabcabc",
        "hunterhunter",
        "iloveyou1234",
        "letmein12345",
        "welcome2cattle",
        "Ranch-Cattle-2025",
        "administrator",
        "ultrasound123",
        "!@#$%^&*()12",
        "correct horse battery staple",
        "aaaa bbbb cccc dddd eeee ffff",
        "............",
        "Summer  2025",
    ],
)
def test_common_passwords_are_refused(password: str) -> None:
    assert PasswordCommon in broken_rules(password)


@pytest.mark.parametrize(
    "password",
    [
        "nine quiet mares at dusk",
        "tJ4vQx8pLw2m",
        "überraschend hügelig",
        "一二三四五六七八九十百千",
        "password-8472619374-xk",
        "eleven wet boots drying",
    ],
)
def test_passphrases_need_no_digits_capitals_or_signs(password: str) -> None:
    assert broken_rules(password) == []


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("tJ4vQx8pLw2", [PasswordShort]),
        ("password", [PasswordShort]),
        ("x1y2" * 33, [PasswordLong]),
        ("", [PasswordShort]),
    ],
)
def test_length_is_counted_in_characters(password: str, rules: list[type[PasswordRefused]]) -> None:
    assert broken_rules(password) == rules


@pytest.mark.parametrize(
    "password",
    [
        "mary.goodfield in the rain",
        "the Goodfield ranch 7x",
        "MARYgoodFIELD-77-zq",
        "m4ry.g00dfi3ld tail",
        "at hillside we trust 9",
    ],
)
def test_name_and_address_must_not_be_part_of_it(password: str) -> None:
    found = broken_rules(password, email="mary.goodfield@hillside.example", full_name="Mary Goodfield")
    assert PasswordPersonal in found


def test_short_parts_of_a_name_do_no_harm() -> None:
    assert broken_rules("an ox ate all of it", email="al@ox.example", full_name="Al Ox") == []


def test_every_broken_rule_is_named_and_the_first_gives_the_code() -> None:
    with pytest.raises(PasswordShort) as raised:
        check_password("mary ann", full_name="Mary Ann", path="new_password")
    assert raised.value.code == "password_short"
    assert [error["path"] for error in raised.value.errors] == ["new_password", "new_password"]
    assert "12" in raised.value.errors[0]["message"]


@given(st.text(LETTERS_AND_DIGITS, min_size=16, max_size=128))
@example("aB3dE5gH7jK9mN1p")
def test_a_random_password_is_never_called_common(password: str) -> None:
    assume(len(set(password.casefold())) >= 10)
    assume(not any(word in password.casefold() for word in common_words()))
    assume(not any(run in password.casefold() for run in ("1234", "4321", "abcd", "qwer", "asdf")))
    assert PasswordCommon not in broken_rules(password)


@given(
    st.sampled_from(common_words()), st.sampled_from(common_words()), st.integers(0, 9999), st.sampled_from("!.-_ ?")
)
def test_two_common_words_and_a_number_are_always_common(first: str, second: str, number: int, sign: str) -> None:
    password = f"{first}{sign}{second}{number}"
    assert broken_rules(password) == [PasswordCommon if len(password) >= 12 else PasswordShort]


@given(st.text(min_size=0, max_size=140), st.emails(), st.text(max_size=30))
def test_any_text_gets_a_verdict(password: str, email: str, full_name: str) -> None:
    found = broken_rules(password, email=email, full_name=full_name)
    assert (PasswordShort in found) == (len(normalised(password)) < 12)
    assert (found == [PasswordLong]) == (len(normalised(password)) > 128)


@given(st.text(LETTERS_AND_DIGITS, min_size=4, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_an_address_inside_is_always_found(local: str, before: str, after: str) -> None:
    password = f"{before}{local}{after}"
    assume(len(normalised(password)) <= 128)
    assume(normalised(password) == password)
    assert PasswordPersonal in broken_rules(password, email=f"{local}@a.example")


def test_what_looks_the_same_is_the_same_password() -> None:
    assert check_password("caf\u00e9 im n\u00e4chsten dorf") == check_password("cafe\u0301 im na\u0308chsten dorf")
