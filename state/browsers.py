"""Turning what browsers say about themselves into words their owner recognises."""

import re
from typing import Final

BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdgA?/|\bEdgiOS/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Firefox", re.compile(r"\bFirefox/|\bFxiOS/")),
    ("Chrome", re.compile(r"Chrome/|\bCriOS/")),
    ("Safari", re.compile(r"\bSafari/")),
)
SYSTEMS: Final = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\bMac OS X\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)


def browser_words(user_agent: str) -> str:
    """`Firefox on Linux`; the order of the lists decides, because browsers claim to be each other."""
    browser = next((name for name, sign in BROWSERS if sign.search(user_agent)), "")
    system = next((name for name, sign in SYSTEMS if sign.search(user_agent)), "")
    return " on ".join(part for part in (browser, system) if part) or "Unknown browser"
