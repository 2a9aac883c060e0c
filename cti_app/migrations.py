"""Alembic from Python: bring a database to the newest revision, and tell how far it is.

Needs no alembic.ini: where the scripts lie is known, and which database is meant is always said by the caller.
"""

from pathlib import Path

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command

ONE_AT_A_TIME = 0x637469
"""Key of the advisory lock that migrating processes take."""
SCRIPTS = Path(__file__).resolve().parents[1] / "alembic"


def configuration(url: str = "") -> Config:
    """Alembic's configuration for the database at `url` (postgresql://…)."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url`, as the owner of its tables; a second caller waits for the first."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
        command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take migrations back; `base` leaves an empty database."""
    command.downgrade(configuration(url), revision)


def head() -> str:
    """The newest revision there is."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def current(url: str) -> str:
    """The revision of the database at `url`; empty when it has never been migrated."""
    with psycopg.connect(url, connect_timeout=5) as session:
        if session.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return ""
        row = session.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""
