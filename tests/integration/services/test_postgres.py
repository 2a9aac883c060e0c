"""The private PostgreSQL: who may do what, what survives, and what is said when it cannot run."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from cti_app.services import (
    BinaryMissing,
    Places,
    PrivatePostgres,
    ServiceFailed,
    ServiceInUse,
    postgres,
    service_account,
)
from cti_app.services.postgres import THROW_AWAY
from tests.plugins.processes import gone


@pytest.fixture
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    from tests.plugins.cluster import Run

    run = Run()
    yield run.make_places()
    run.end()


def postgres_at(places: Places, **settings: str) -> PrivatePostgres:
    log = places.logs / "postgres.log"
    return PrivatePostgres(
        places.postgres, places.sockets, service_account(), log=log, settings={**THROW_AWAY, **settings}
    )


@pytest.fixture
def running(places: Places) -> Iterator[PrivatePostgres]:
    with postgres_at(places) as server:
        server.bootstrap()
        yield server


def test_the_owner_owns_the_database_and_the_application_owns_nothing(running: PrivatePostgres) -> None:
    with psycopg.connect(running.url("cti_owner")) as owner:
        owner.execute("CREATE TABLE kept (id int)")
        owner.execute("GRANT SELECT ON kept TO cti_app")
    with psycopg.connect(running.url("cti_app")) as app:
        assert app.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")


def test_all_extensions_are_there_and_bootstrapping_twice_changes_nothing(running: PrivatePostgres) -> None:
    running.bootstrap()
    with psycopg.connect(running.url("cti_app")) as app:
        names = {row[0] for row in app.execute("SELECT extname FROM pg_extension").fetchall()}
    assert {"postgis", "pg_trgm", "btree_gin", "pgcrypto"} <= names


def test_only_the_socket_is_open_and_only_to_its_owner(running: PrivatePostgres) -> None:
    with psycopg.connect(running.url("cti_superuser")) as session:
        assert session.execute("SHOW listen_addresses").fetchone() == ("",)
    assert running.sockets.stat().st_mode & 0o077 == 0
    assert running.folder.stat().st_mode & 0o077 == 0
    assert running.folder.stat().st_uid == running.account.uid != 0


def test_what_was_committed_is_there_after_a_kill_of_everything(places: Places) -> None:
    server = postgres_at(places, fsync="on", synchronous_commit="on", full_page_writes="on")
    with server:
        server.bootstrap()
        with psycopg.connect(server.url("cti_owner"), autocommit=True) as session:
            session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.child is not None
        server.child.kill()
        server.child.wait()
        server.end_leftovers()
        server.start()
        server.wait_until_ready()
        with psycopg.connect(server.url("cti_owner")) as session:
            assert session.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_second_owner_of_the_same_cluster_is_refused_by_name(running: PrivatePostgres, places: Places) -> None:
    with pytest.raises(ServiceInUse, match=f"already run by process {os.getpid()}"):
        postgres_at(places).prepare()


def test_a_server_nobody_owns_any_more_is_ended_before_the_next_start(places: Places) -> None:
    orphan = postgres_at(places)
    orphan.__enter__()
    assert orphan.child is not None
    orphan.release()
    with postgres_at(places) as server:
        assert gone(orphan.child.pid)
        assert server.answers()
    orphan.child.wait()


def test_a_cluster_half_made_is_made_again(places: Places) -> None:
    draft = places.postgres.with_suffix(".new")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("15")
    with postgres_at(places) as server:
        assert server.answers()
    assert not draft.exists()


def test_a_wrong_setting_fails_with_the_server_s_own_words(places: Places) -> None:
    server = postgres_at(places, shared_buffers="plenty")
    server.prepare()
    server.start()
    with pytest.raises(ServiceFailed, match="invalid value for parameter"):
        server.wait_until_ready()
    server.stop()


def test_a_stopped_child_does_not_answer(running: PrivatePostgres) -> None:
    assert running.child is not None
    running.child.send_signal(signal.SIGINT)
    assert gone(running.child.pid)
    assert not running.answers()


def test_a_missing_server_is_named_with_its_package(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PROGRAMS", tmp_path)
    with pytest.raises(BinaryMissing, match="apt-get install postgresql-15"):
        postgres_at(places).prepare()


def test_a_cluster_of_another_version_asks_for_that_version(running: PrivatePostgres, places: Places) -> None:
    running.stop()
    (running.folder / "PG_VERSION").write_text("14\n")
    with pytest.raises(BinaryMissing, match="postgresql-14"):
        postgres_at(places).argv()
