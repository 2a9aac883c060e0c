"""How long `cti up` takes: `python -m tests.load.startup` prints a first start, a second one, and what kill -9 leaves.

Each figure is seconds from the command to the line that says so, on a data directory of its own.
"""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cti_app.platform import ROOT
from cti_app.services import Places, find_places, processes, service_account
from tests.plugins.processes import JsonLines, gone

STEPS = (("PostgreSQL", "ready"), ("migrations", "done"), ("web", "ready"), ("worker", "ready"), ("platform", "ready"))


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cti-startup-"))
    folder.chmod(0o755)
    places = find_places(folder / "data", service_account())
    try:
        for label in ("first start", "second start"):
            child = start(folder / "data", label)
            began = time.perf_counter()
            child.send_signal(signal.SIGTERM)
            child.wait()
            say(f"{'stop':<15} everything {time.perf_counter() - began:6.2f} s")
        kill(start(folder / "data", "third start"), places)
    finally:
        for place in (places.sockets, places.services, folder):
            shutil.rmtree(place, ignore_errors=True)


def start(data_dir: Path, label: str) -> subprocess.Popen[bytes]:
    """Start the platform and print when each step was done."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    began = time.perf_counter()
    command = [sys.executable, "-m", "cti_app.cli", "up", "--json", "--data-dir", str(data_dir), "--port", port]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    lines = JsonLines(child)
    while (line := lines.next())["program"] != "platform":
        if (line["program"], line["state"]) in STEPS:
            say(f"{label:<15} {line['program']:<10} {time.perf_counter() - began:6.2f} s")
    say(f"{label:<15} {'platform':<10} {time.perf_counter() - began:6.2f} s")
    return child


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def kill(child: subprocess.Popen[bytes], places: Places) -> None:
    """Kill the supervisor and print when the last of its processes was gone."""
    leaders = [int((places.run / f"{name}.pid").read_text().split()[0]) for name in ("web", "worker")]
    family = [process for leader in leaders for process in processes.in_session(leader)]
    family += processes.working_in(places.postgres) + processes.working_in(places.redis)
    began = time.perf_counter()
    child.kill()
    left = [process for process in family if not gone(process.pid)]
    say(f"{'kill -9':<15} {len(family)} processes, {len(left)} left after {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
