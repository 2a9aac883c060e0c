"""`cti up` as a person starts it: real processes, real kills, nothing left behind."""

import os
import signal
import socket
from collections.abc import Iterator

import orjson
import psycopg
import pytest

from cti_app.platform import FRONTEND
from cti_app.services import PrivatePostgres, processes
from tests.plugins.processes import LIMIT_S, gone
from tests.support.up import Up, free_port, installation_of_its_own, wait_until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not FRONTEND.exists(), reason="the pages are not built: make setup"),
]


@pytest.fixture(scope="module")
def installation() -> Iterator[Up]:
    """One data directory for all tests of this file, because a first start takes its time."""
    with installation_of_its_own() as made:
        yield made


@pytest.fixture
def up(installation: Up) -> Up:
    """A platform that is up."""
    if not installation.running:
        installation.start()
    return installation


def test_everything_is_ready_once_it_says_so(up: Up) -> None:
    up.wait_until_ready()
    pids = {process.pid for process in up.family()}
    assert pids >= {up.pid(name) for name in ("PostgreSQL", "Redis", "web", "worker")}


def test_commands_use_the_running_services(up: Up) -> None:
    out, _ = up.cti("device", "register", "dev-0001").communicate(timeout=LIMIT_S)
    assert orjson.loads(out)["key"].startswith("cti_dev_")
    out, _ = up.cti("device", "list").communicate(timeout=LIMIT_S)
    assert [row["code"] for row in orjson.loads(out)["devices"]] == ["dev-0001"]
    assert up.process.poll() is None


def test_a_second_start_on_the_same_data_directory_is_refused_by_name(up: Up) -> None:
    second = up.cti("up", "--port", str(free_port()))
    out, _ = second.communicate(timeout=LIMIT_S)
    assert second.returncode == 4
    assert f"is already run by process {up.process.pid}" in orjson.loads(out)["error"]["message"]
    assert up.not_ready() == []


def test_simulated_devices_deliver_by_both_ways(up: Up) -> None:
    for way in ([], ["--webhook"]):
        words = ["--count", "2", "--rate", "100", "--url", f"http://127.0.0.1:{up.port}", *way]
        out, _ = up.cti("simulate", *words).communicate(timeout=LIMIT_S)
        assert orjson.loads(out.splitlines()[-1]) == {"sent": 2, "by_status": {"201": 2}}


@pytest.mark.parametrize("name", ["worker", "Redis", "web", "PostgreSQL"])
def test_what_is_killed_comes_back_and_the_platform_heals(up: Up, name: str) -> None:
    killed = up.pid(name)
    os.kill(killed, signal.SIGKILL)
    line = up.lines.until_state(name, "restarting")
    assert line["detail"].startswith("was killed by SIGKILL")
    up.lines.until_state(name, "ready")
    assert up.pid(name) != killed
    up.wait_until_ready()


def test_a_killed_supervisor_leaves_no_orphan_and_the_next_start_works(up: Up) -> None:
    family = up.family()
    up.process.kill()
    up.process.communicate()
    up.running = False
    assert all(gone(process.pid, within_s=30) for process in family)
    up.start()
    up.wait_until_ready()


def test_a_signal_stops_everything_in_order(up: Up) -> None:
    family = up.family()
    up.process.send_signal(signal.SIGTERM)
    up.lines.until_state("PostgreSQL", "stopped")
    up.running = False
    stopped = [line["program"] for line in up.lines.seen if line["state"] == "stopped"]
    assert stopped == ["worker", "web", "Redis", "PostgreSQL"]
    assert up.process.wait(LIMIT_S) == 0
    up.process.communicate()
    assert all(gone(process.pid) for process in family)


def test_a_port_in_use_ends_the_start_with_a_sentence(installation: Up) -> None:
    assert not installation.running
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        blocked = installation.cti("up", "--port", str(port))
        out, _ = blocked.communicate(timeout=LIMIT_S)
    assert blocked.returncode == 3
    assert f"Port {port} on 127.0.0.1 cannot be used" in out.decode()
    assert processes.working_in(installation.places.postgres) == []


def test_the_demo_runs_by_itself_until_captures_are_verified(installation: Up) -> None:
    installation.start("demo")
    facts = installation.lines.seen[-1]["facts"]
    assert facts["technician"] == "tech@demo.example"
    assert len(facts["password"]) >= 12
    wait_until(lambda: verified_of(installation.postgres(), "dev-0001") > 0)


def verified_of(server: PrivatePostgres, device_code: str) -> int:
    """How many captures of a device have been verified and lie in the demo's farm."""
    query = """SELECT count(*) FROM scans s JOIN devices d ON d.id = s.device_id JOIN farms f ON f.id = s.farm_id
               WHERE d.device_code = %s AND s.status IN ('ingested', 'graded')"""
    with psycopg.connect(server.url("cti_superuser")) as session:
        row = session.execute(query, (device_code,)).fetchone()
    return int(row[0]) if row else 0
