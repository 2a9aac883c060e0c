"""What load balancers and scrapers ask, and what they are told when something is missing."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from backend.core.clock import utc_now
from backend.core.database import Database
from backend.core.runtime import Runtime
from backend.core.storage import StoreUnavailable
from backend.core.version import VERSION
from backend.ops import heartbeats, readiness, service
from backend.ops.readiness import Readiness
from tests.support.people import open_browser
from tests.support.workers import heartbeat

NOWHERE = "postgresql://nobody@127.0.0.1:9/none"


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is asked anew."""
    monkeypatch.setattr(readiness, "KEPT_S", 0)


async def ask(browser: httpx.AsyncClient) -> tuple[int, list[str], list[str]]:
    answer = await browser.get("/readyz")
    body = answer.json()
    assert body["ready"] == (answer.status_code == 200)
    return answer.status_code, body["not_ready"], body["warnings"]


def detail_of(body: dict[str, list[dict[str, str]]], name: str) -> str:
    return next(check["detail"] for check in body["checks"] if check["name"] == name)


async def test_a_process_that_is_up_says_so_whatever_else_is_down(browser: httpx.AsyncClient, runtime: Runtime) -> None:
    runtime.database = Database(NOWHERE)
    answer = await browser.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": VERSION})


async def test_ready_without_a_worker_is_ready_with_a_warning(browser: httpx.AsyncClient) -> None:
    assert await ask(browser) == (200, [], ["worker"])


async def test_a_beating_worker_ends_the_warning_until_it_falls_silent(
    browser: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await heartbeats.beat(runtime.redis, heartbeat())
    assert await ask(browser) == (200, [], [])
    later = utc_now() + heartbeats.SILENT_AFTER * 2
    monkeypatch.setattr(heartbeats, "utc_now", lambda: later)
    assert await ask(browser) == (200, [], ["worker"])
    assert await runtime.redis.hlen(heartbeats.WORKERS_KEY) == 0


async def test_a_worker_that_leaves_is_gone_at_once(browser: httpx.AsyncClient, runtime: Runtime) -> None:
    await heartbeats.beat(runtime.redis, heartbeat())
    await heartbeats.leave(runtime.redis, "worker-1")
    assert (await ask(browser))[2] == ["worker"]


async def test_a_database_out_of_reach_is_named(browser: httpx.AsyncClient, runtime: Runtime) -> None:
    runtime.database = Database(NOWHERE)
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["not_ready"] == ["database", "migrations"]
    await runtime.database.close()


async def test_a_database_at_another_migration_is_named(browser: httpx.AsyncClient, owner_url: str) -> None:
    with psycopg.connect(owner_url) as session:
        session.execute("UPDATE alembic_version SET version_num = '0000'")
    answer = await browser.get("/readyz")
    assert answer.json()["not_ready"] == ["migrations"]
    wanted = readiness.newest_revision()
    expected = f"the database is at 0000, this version needs {wanted}: run `cti migrate`"
    assert detail_of(answer.json(), "migrations") == expected


async def test_redis_out_of_reach_is_named(browser: httpx.AsyncClient, runtime: Runtime) -> None:
    await runtime.redis.aclose()
    runtime.redis = Redis.from_url("redis://127.0.0.1:9/0")
    assert await ask(browser) == (503, ["redis"], ["worker"])


async def test_a_store_out_of_reach_is_named_with_its_reason(
    browser: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full() -> None:
        raise StoreUnavailable("The disk that holds objects is full.")

    monkeypatch.setattr(runtime.store, "check", full)
    answer = await browser.get("/readyz")
    assert answer.json()["not_ready"] == ["store"]
    assert detail_of(answer.json(), "store") == "The disk that holds objects is full."


async def test_what_hangs_is_asked_once_and_not_waited_for(
    browser: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer_now = [], asyncio.Event()

    async def hang() -> None:
        asked.append(1)
        await answer_now.wait()

    monkeypatch.setattr(readiness, "ANSWER_S", 0.05)
    monkeypatch.setattr(runtime.store, "check", hang)
    for _ in range(3):
        assert await ask(browser) == (503, ["store"], ["worker"])
    assert len(asked) == 1
    answer_now.set()
    assert (await ask(browser))[0] == 200


async def test_answers_are_kept_for_a_moment(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def count() -> None:
        asked.append(1)

    monkeypatch.setattr(readiness, "KEPT_S", 60)
    monkeypatch.setattr(runtime.store, "check", count)
    prober = Readiness(runtime)
    await asyncio.gather(*(prober.checks() for _ in range(10)))
    assert len(asked) == 1


class TestMetrics:
    @pytest.fixture
    async def stranger(self, api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
        async with open_browser(api, address="192.0.2.7") as opened:
            yield opened

    async def test_are_shown_to_callers_on_this_machine(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert "# TYPE cti_verify_seconds histogram" in answer.text

    async def test_are_not_there_for_strangers(self, stranger: httpx.AsyncClient) -> None:
        assert (await stranger.get("/metrics")).status_code == 404

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
    async def test_are_not_there_through_a_proxy_on_this_machine(self, browser: httpx.AsyncClient, header: str) -> None:
        assert (await browser.get("/metrics", headers={header: "192.0.2.7"})).status_code == 404

    async def test_with_a_token_are_there_for_who_shows_it(
        self, stranger: httpx.AsyncClient, browser: httpx.AsyncClient, runtime: Runtime
    ) -> None:
        runtime.settings = runtime.settings.model_copy(update={"metrics_token": "scrape-me"})
        right, wrong = {"Authorization": "Bearer scrape-me"}, {"Authorization": "Bearer scrape-you"}
        assert (await stranger.get("/metrics", headers=right)).status_code == 200
        assert (await stranger.get("/metrics", headers=wrong)).status_code == 404
        assert (await browser.get("/metrics")).status_code == 404

    def test_of_several_processes_are_added_and_what_is_dead_no_longer_counts_as_living(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counting = "from backend.core.metrics import NUDGES_LOST, SSE_CLIENTS\nNUDGES_LOST.inc(2); SSE_CLIENTS.set(7)"
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        for _ in range(2):
            subprocess.run([sys.executable, "-c", counting], env=environment, check=True)
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        told = service.metrics_text().decode()
        assert "cti_nudges_lost_total 4.0" in told
        assert "cti_sse_clients 14.0" not in told
