"""The command line, called in this process on the test's own database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cti_app.cli import app


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Cti = Callable[..., Said]


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str, owner_url: str, redis_url: str
) -> Path:
    """Point the settings at the test's database and Redis, and at a data directory of its own."""
    monkeypatch.chdir(tmp_path)
    data_dir = tmp_path / "data"
    values = {
        "CTI_DATA_DIR": str(data_dir),
        "CTI_DATABASE_URL": database_url,
        "CTI_DATABASE_OWNER_URL": owner_url,
        "CTI_REDIS_URL": redis_url,
        "CTI_SECRET_KEY": "a-secret-key-for-tests-of-enough-length",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return data_dir


@pytest.fixture
def cti(environment: Path, logging_restored: None) -> Cti:
    def call(*words: str, stdin: str | None = None) -> Said:
        result = CliRunner().invoke(app, list(words), input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return call
