"""Which passwords are good enough: 12 to 128 characters, nothing common, nothing about oneself. No composition rules.

Common is decided by rule rather than by a list of leaks: what is left of a password once keyboard walks, runs,
repetitions and common words are taken out must still be hard to guess.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from backend.core.errors import FieldError
from backend.identity.errors import (
    PasswordCommon,
    PasswordLong,
    PasswordPersonal,
    PasswordRefused,
    PasswordShort,
)

MIN_CHARS = 12
MAX_CHARS = 128
MIN_DISTINCT = 5
MIN_LEFT = 5
"""Characters that must remain when everything common has been taken out."""
MIN_RUN = 4
MIN_PERSONAL = 4
WORDS_FILE = Path(__file__).with_name("common_words.txt")
WALKS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",  # pragma: allowlist secret
    "qazwsxedcrfvtgbyhnujmikolp",  # pragma: allowlist secret
    "!@#$%^&*()",
)
RUNS = frozenset(
    line[start : start + MIN_RUN]
    for walk in WALKS
    for line in (walk, walk[::-1])
    for start in range(len(line) - MIN_RUN + 1)
)
LEET = str.maketrans("@4301!$57|", "aaeoiisstl")
YEARS = re.compile(r"(?:19|20)\d\d")


def normalised(password: str) -> str:
    """One spelling for passwords that look the same, whatever keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


def broken_rules(password: str, *, email: str = "", full_name: str = "") -> list[type[PasswordRefused]]:
    """Every rule a password breaks; empty when it is good."""
    plain = normalised(password)
    if len(plain) > MAX_CHARS:
        return [PasswordLong]
    verdicts: list[tuple[bool, type[PasswordRefused]]] = [
        (len(plain) < MIN_CHARS, PasswordShort),
        (len(plain) >= MIN_CHARS and _is_common(plain), PasswordCommon),
        (_is_personal(plain, email, full_name), PasswordPersonal),
    ]
    return [rule for broken, rule in verdicts if broken]


def check_password(password: str, *, email: str = "", full_name: str = "", path: str = "password") -> str:
    """Return the password as it is to be hashed; raises PasswordRefused with every rule it breaks."""
    broken = broken_rules(password, email=email, full_name=full_name)
    if broken:
        errors: list[FieldError] = [{"path": path, "message": rule.sentence} for rule in broken]
        raise broken[0](f"The password {broken[0].sentence}.", errors=errors)
    return normalised(password)


@lru_cache(maxsize=1)
def common_words() -> tuple[str, ...]:
    """Words people build passwords of, longest first."""
    listed = (line.strip() for line in WORDS_FILE.read_text().splitlines())
    return tuple(sorted({word for word in listed if word and not word.startswith("#")}, key=len, reverse=True))


def _is_common(password: str) -> bool:
    folded = password.casefold()
    if len(set(folded)) < MIN_DISTINCT or _is_repeated(folded):
        return True
    spellings = (folded, folded.translate(LEET), re.sub(r"[\W_]", "", folded))
    return any(len(_left(spelling)) < MIN_LEFT for spelling in spellings)


def _is_repeated(folded: str) -> bool:
    """Tell whether the whole is one short piece over and over."""
    at = (folded + folded).find(folded, 1)
    return at < min(len(folded), MIN_CHARS)


def _left(folded: str) -> str:
    """What remains without the first two common words, years, runs along the keyboard, and repeated characters."""
    rest = _without_words(folded)
    rest = _without_runs(YEARS.sub("", rest))
    rest = re.sub(r"(.)\1{2,}", "", rest)
    return re.sub(r"[\W_]", "", rest)


def _without_words(folded: str, most: int = 2) -> str:
    """Take out common words, longest first; three different ones already make a phrase, so at most `most`."""
    rest = folded
    for word in common_words():
        if word in rest:
            rest, most = rest.replace(word, " "), most - 1
            if most == 0:
                break
    return rest


def _without_runs(text: str) -> str:
    """Take out every stretch of four or more neighbours on a keyboard, in the alphabet or among the digits."""
    marked = [False] * len(text)
    for start in range(len(text) - MIN_RUN + 1):
        if text[start : start + MIN_RUN] in RUNS:
            marked[start : start + MIN_RUN] = [True] * MIN_RUN
    return "".join(character for character, run in zip(text, marked, strict=True) if not run)


def _is_personal(password: str, email: str, full_name: str) -> bool:
    folded = password.casefold()
    local, _, domain = email.casefold().partition("@")
    parts = {local, domain.split(".")[0], *re.split(r"[\W_\d]+", local), *re.split(r"[\W_]+", full_name.casefold())}
    spellings = (folded, folded.translate(LEET))
    return any(len(part) >= MIN_PERSONAL and any(part in spelling for spelling in spellings) for part in parts)
