"""One throw-away PostgreSQL for a whole test run, and for each test process Redis servers of its own.

The cluster is made by the same code as the local profile, without fsync. Its template database is migrated once;
tests get clones of it. Under xdist the controller starts it and hands its folder to the workers, so that it
outlives any of them; otherwise it starts when the first test asks for it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cti_app.services import Places, PrivatePostgres, PrivateRedis, find_places, service_account
from cti_app.services.postgres import THROW_AWAY
from cti_app.services.postgres_bootstrap import make_database, make_extensions, make_roles

TEMPLATE = "cti_template"
EMPTY = "cti_empty"
PREFIX = "cti-tests-"
ROOT = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")
LEAST_FREE = 4 * 2**30
"""Bytes there must be there."""


def home() -> Path:
    """Where clusters lie: in memory where there is room, since a clone makes and drops five hundred files."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > LEAST_FREE
    return MEMORY if roomy else Path(tempfile.gettempdir())


@dataclass
class Run:
    """What this process started, so that it can end it."""

    given: str | None = None
    postgres: PrivatePostgres | None = None
    redis: list[PrivateRedis] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)

    def make_places(self) -> Places:
        """Folders that go when the run ends."""
        made = places_in(Path(tempfile.mkdtemp(prefix=PREFIX, dir=home())))
        self.places.append(made)
        return made

    def end(self) -> None:
        for server in self.redis:
            server.stop()
        if self.postgres is not None:
            self.postgres.stop()
        for places in self.places:
            remove(places)


RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUN] = Run(given=getattr(config, "workerinput", {}).get("cti_places"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the cluster is, which the controller starts for the first of them."""
    run = node.config.stash[RUN]
    start_cluster(run)
    node.workerinput["cti_places"] = str(run.places[0].data_dir)


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is not None:
        run.end()


def start_cluster(run: Run) -> PrivatePostgres:
    """Start the cluster and make its two templates, once a run."""
    if run.postgres is None:
        sweep_earlier_runs()
        run.postgres = postgres_in(run.make_places()).__enter__()
        make_templates(run.postgres)
    return run.postgres


def places_in(folder: Path) -> Places:
    return find_places(folder, service_account())


def postgres_in(places: Places) -> PrivatePostgres:
    log = places.logs / "postgres.log"
    return PrivatePostgres(places.postgres, places.sockets, service_account(), log=log, settings=THROW_AWAY)


def make_templates(postgres: PrivatePostgres) -> None:
    """An empty database with extensions, and one migrated to head; nobody stays connected to either."""
    with psycopg.connect(postgres.url("cti_superuser", "postgres"), autocommit=True) as session:
        make_roles(session)
        make_database(session, EMPTY)
    with psycopg.connect(postgres.url("cti_superuser", EMPTY), autocommit=True) as session:
        make_extensions(session, postgres.version())
    with psycopg.connect(postgres.url("cti_superuser", "postgres"), autocommit=True) as session:
        make_database(session, TEMPLATE, template=EMPTY)
    if (ROOT / "alembic" / "env.py").exists():
        from cti_app.migrations import upgrade

        upgrade(postgres.url("cti_owner", TEMPLATE))


def sweep_earlier_runs() -> None:
    """Remove folders of test runs that were killed: nobody holds the lock of their service."""
    for lock in home().glob(f"{PREFIX}*/services/*.lock"):
        try:
            with lock.open() as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError):  # at work, or ended just now
            continue
        remove(places_in(lock.parents[1]))


def remove(places: Places) -> None:
    for folder in (places.sockets, places.services, places.data_dir):
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)  # another run may be sweeping it up already


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> PrivatePostgres:
    """The run's PostgreSQL: `cluster.url(role, database)`. Ask for `database_url` instead unless you need roles."""
    run = pytestconfig.stash[RUN]
    if run.given is None:
        return start_cluster(run)
    return postgres_in(places_in(Path(run.given)))


@pytest.fixture(scope="session")
def administrator(cluster: PrivatePostgres) -> Iterator[psycopg.Connection]:
    """A superuser's session that makes and drops databases."""
    with psycopg.connect(cluster.url("cti_superuser", "postgres"), autocommit=True) as session:
        yield session


@pytest.fixture(scope="session")
def redis_server(pytestconfig: pytest.Config) -> PrivateRedis:
    """The Redis of this test process, which each test finds empty."""
    return start_redis(pytestconfig.stash[RUN])


@pytest.fixture(scope="session")
def web_redis_server(pytestconfig: pytest.Config) -> PrivateRedis:
    """The Redis of this test process's running platform: its worker must not take other tests' nudges."""
    return start_redis(pytestconfig.stash[RUN])


@pytest.fixture(scope="session")
def journeys_redis_server(pytestconfig: pytest.Config) -> PrivateRedis:
    """The Redis of the platform that journeys in a browser use, whose worker is always at work."""
    return start_redis(pytestconfig.stash[RUN])


def start_redis(run: Run) -> PrivateRedis:
    """Start one more Redis, which ends with the run."""
    places = run.make_places()
    server = PrivateRedis(places.redis, places.sockets, service_account(), log=places.logs / "redis.log")
    run.redis.append(server.__enter__())
    return server


def clone(administrator: psycopg.Connection, name: str, template: str) -> None:
    make_database(administrator, name, template=template)


def drop(administrator: psycopg.Connection, name: str) -> None:
    administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def name_of(purpose: str) -> str:
    """A database name no other test process uses."""
    return f"{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
