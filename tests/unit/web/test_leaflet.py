"""Leaflet stands in the repository a second time, for maps as files: it has to be the one the pages use."""

import hashlib
from pathlib import Path

import pytest

from backend.maps.page import LEAFLET
from components.widgets.map import map as widget

PACKAGE = Path(__file__).parents[3] / ".web" / "node_modules" / "leaflet" / "dist"


def test_both_are_of_one_version() -> None:
    assert LEAFLET.name == widget.LEAFLET.replace("@", "-")
    assert "BSD 2-Clause License" in (LEAFLET / "LICENSE").read_text()


@pytest.mark.skipif(not PACKAGE.exists(), reason="needs the packages of a built frontend")
@pytest.mark.parametrize("name", ["leaflet.js", "leaflet.css"])
def test_the_kept_file_is_the_packages_own(name: str) -> None:
    kept, built = (hashlib.sha256((folder / name).read_bytes()).hexdigest() for folder in (LEAFLET, PACKAGE))
    assert kept == built
