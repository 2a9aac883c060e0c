"""The version is said in two places, which agree."""

import tomllib
from pathlib import Path

from backend.core.version import VERSION


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
