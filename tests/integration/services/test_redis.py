"""The private Redis: reachable by its socket alone, empty after every start, never stolen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from cti_app.services import BinaryMissing, Places, PrivateRedis, ServiceInUse, service_account
from tests.plugins.cluster import Run


@pytest.fixture
def places() -> Iterator[Places]:
    run = Run()
    yield run.make_places()
    run.end()


def redis_at(places: Places) -> PrivateRedis:
    return PrivateRedis(places.redis, places.sockets, service_account(), log=places.logs / "redis.log")


def test_it_listens_on_its_socket_alone_and_refuses_rather_than_evicts(places: Places) -> None:
    with redis_at(places) as server, Redis.from_url(server.url()) as client:
        options = client.config_get("port", "appendonly", "save", "maxmemory-policy")
        assert options == {"port": "0", "appendonly": "no", "save": "", "maxmemory-policy": "noeviction"}
        assert not server.socket.is_symlink()
        assert server.socket.stat().st_mode & 0o077 == 0


def test_nothing_is_kept_over_a_restart(places: Places) -> None:
    server = redis_at(places)
    for _ in range(2):
        with server, Redis.from_url(server.url()) as client:
            assert client.get("nudge") is None
            client.set("nudge", "lost")


def test_a_second_server_does_not_steal_the_socket(places: Places) -> None:
    with redis_at(places) as first:
        with pytest.raises(ServiceInUse):
            redis_at(places).prepare()
        assert first.answers()


def test_a_missing_server_is_named_with_its_package(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = redis_at(places)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryMissing, match="apt-get install redis-server"):
        server.argv()
