"""Fixtures every test may ask for; see tests/plugins for how they are made and docs/development.md for a list."""

pytest_plugins = [
    "tests.plugins.logs",
    "tests.plugins.cluster",
    "tests.plugins.data",
    "tests.plugins.people",
    "tests.plugins.web",
]
