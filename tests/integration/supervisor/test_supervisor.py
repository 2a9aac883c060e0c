"""The supervisor against real processes and real kills."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cti_app.services import processes
from tests.plugins.processes import JsonLines, gone

ROOT = Path(__file__).resolve().parents[3]
STAGE = Path(__file__).with_name("stage.py")


class Stage:
    """A running supervisor."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(STAGE), "run", str(folder), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.lines = JsonLines(self.process)

    def up(self) -> "Stage":
        self.lines.until_state("second", "ready")
        return self

    def pids(self, name: str) -> list[int]:
        return [int(word) for word in (self.folder / f"{name}.pids").read_text().split()]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    started = Stage(tmp_path)
    yield started
    started.close()
    for name in ("first", "second"):
        if (tmp_path / f"{name}.pids").exists():
            left = [found for pid in started.pids(name) if (found := processes.look_up(pid))]
            processes.end(left, first=signal.SIGKILL, grace_s=5)


def states(stage: Stage) -> list[tuple[str, str]]:
    return [(line["program"], line["state"]) for line in stage.lines.seen]


def test_steps_start_one_after_the_other(stage: Stage) -> None:
    stage.up()
    assert states(stage) == [
        ("first", "starting"),
        ("first", "ready"),
        ("between", "done"),
        ("second", "starting"),
        ("second", "ready"),
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_the_opposite_order(stage: Stage, number: signal.Signals) -> None:
    stage.up()
    pids = stage.pids("first") + stage.pids("second")
    stage.process.send_signal(number)
    stage.lines.until_state("first", "stopped")
    assert states(stage)[-4:] == [
        ("second", "stopping"),
        ("second", "stopped"),
        ("first", "stopping"),
        ("first", "stopped"),
    ]
    assert stage.process.wait(30) == 0
    assert all(gone(pid) for pid in pids)


def test_everything_is_stopped_even_if_nobody_reads_the_report_any_more(stage: Stage) -> None:
    stage.up()
    pids = stage.pids("first") + stage.pids("second")
    assert stage.process.stdout is not None
    stage.process.stdout.close()
    stage.process.send_signal(signal.SIGHUP)
    assert all(gone(pid) for pid in pids)
    stage.process.wait(30)


def test_what_is_killed_is_started_again_and_its_helpers_are_ended(stage: Stage) -> None:
    stage.up()
    killed, helper = stage.pids("first")
    os.kill(killed, signal.SIGKILL)
    again = stage.lines.until_state("first", "restarting")
    assert again["detail"].startswith("was killed by SIGKILL; next try in")
    stage.lines.until_state("first", "ready")
    assert gone(helper)
    assert stage.pids("first")[0] != killed


def test_what_falls_silent_is_started_again(stage: Stage) -> None:
    stage.up()
    (stage.folder / "deaf").touch()
    again = stage.lines.until(lambda line: line["state"] == "restarting")
    assert again["detail"].startswith("did not answer 3 checks in a row")
    (stage.folder / "deaf").unlink()
    stage.lines.until_state(again["program"], "ready")


def test_a_killed_supervisor_takes_its_programs_along(stage: Stage) -> None:
    stage.up()
    pids = [stage.pids(name)[0] for name in ("first", "second")]
    stage.process.kill()
    assert all(gone(pid, within_s=5) for pid in pids)


def test_the_next_start_ends_what_a_killed_supervisor_left(stage: Stage, tmp_path: Path) -> None:
    stage.up()
    left = [stage.pids(name)[1] for name in ("first", "second")]
    stage.process.kill()
    stage.process.wait()
    assert all(processes.look_up(pid) for pid in left)
    again = Stage(tmp_path)
    try:
        again.lines.until_state("second", "ready")
        assert all(gone(pid, within_s=5) for pid in left)
    finally:
        again.process.send_signal(signal.SIGTERM)
        again.process.wait(30)
        again.close()


def test_a_second_supervisor_on_the_same_folder_is_refused(stage: Stage, tmp_path: Path) -> None:
    stage.up()
    second = Stage(tmp_path)
    _, said = second.process.communicate(timeout=30)
    assert f"is already run by process {stage.process.pid}" in said.decode()
    assert all(processes.look_up(pid) for pid in stage.pids("first"))


def test_what_never_gets_ready_ends_the_platform_with_its_last_words(tmp_path: Path) -> None:
    broken = Stage(tmp_path, "broken")
    out, said = broken.process.communicate(timeout=60)
    assert broken.process.returncode == 1
    assert "second ended with exit code 1, 3 times in a row" in said.decode()
    assert "the disk is made of cheese" in said.decode()
    assert out.decode().splitlines()[-1].count('"state": "stopped"') == 1
    assert all(gone(pid) for pid in broken.pids("first"))
