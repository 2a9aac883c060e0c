"""A supervisor with two small programs, to be started, watched and killed by test_supervisor.py.

`run FOLDER [broken]` supervises; `child FOLDER NAME` is one program: it spawns a helper that is deaf to SIGTERM,
writes both process ids to FOLDER/NAME.pids and waits.
"""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from cti_app.supervisor import AppProgram, Backoff, Chore, GaveUp, JsonReport, Supervisor, Together


def program(folder: Path, name: str, *arguments: str) -> AppProgram:
    pids = folder / f"{name}.pids"

    def check(pid: int) -> bool:
        return pids.exists() and pids.read_text().split()[0] == str(pid) and not (folder / "deaf").exists()

    return AppProgram(
        name,
        [sys.executable, __file__, *(arguments or ("child", str(folder), name))],
        folder=folder,
        log=folder / f"{name}.log",
        pid_file=folder / f"{name}.pid",
        check=check,
        leftovers_grace_s=0.2,
    )


def run(folder: Path, *, broken: bool) -> int:
    last = program(folder, "second", "fail") if broken else program(folder, "second")
    steps = [program(folder, "first"), Chore("between", lambda: "nothing to do"), Together([last])]
    policy = Backoff(first_s=0.01, longest_s=0.02)
    supervisor = Supervisor(steps, JsonReport(sys.stdout), run_folder=folder, policy=policy, check_every_s=0.1)
    try:
        asyncio.run(supervisor.run())
    except GaveUp as error:
        sys.stderr.write(str(error))
        return 1
    return 0


def child(folder: Path, name: str) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    helper = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert helper.stdout is not None
    helper.stdout.readline()
    draft = folder / f".{name}.pids"
    draft.write_text(f"{os.getpid()} {helper.pid}")
    draft.rename(folder / f"{name}.pids")
    signal.pause()


def fail() -> None:
    sys.exit("the disk is made of cheese")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", where, *rest]:
            sys.exit(run(Path(where), broken=bool(rest)))
        case ["child", where, called]:
            child(Path(where), called)
        case ["fail"]:
            fail()
