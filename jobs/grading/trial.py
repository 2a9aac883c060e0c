"""Trying a model that came from outside, in a child process with bounds on memory and time.

The runtime is native code reading a stranger's file: what it does then, it does where nothing else can be harmed.
`try_model` asks; `python -m jobs.grading.trial FOLDER` is the child.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from jobs.grading.errors import ModelHashMismatch, ModelRefused
from jobs.grading.model import load_model

MEMORY_BYTES = 4 * 2**30
"""Of address space, most of which the runtime only reserves."""
CPU_S, DEADLINE_S = 60, 120
REFUSED = 5


def try_model(folder: Path, deadline_s: float = DEADLINE_S) -> None:
    """Load `folder` and run it once, in a child. Raises ModelRefused or ModelHashMismatch with the child's sentence."""
    command = [sys.executable, "-m", "jobs.grading.trial", str(folder)]
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        child = subprocess.run(  # noqa: S603 (our own module)
            command, env=environment, capture_output=True, timeout=deadline_s, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise ModelRefused(f"{folder.name} did not answer within {deadline_s:g} s.") from error
    if child.returncode == REFUSED:
        said = json.loads(child.stdout)
        raise (ModelHashMismatch if said["code"] == ModelHashMismatch.code else ModelRefused)(said["detail"])
    if child.returncode:
        raise ModelRefused(f"{folder.name} ended its trial with {_ending(child.returncode)}.")


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(folder: str) -> int:
    _bound()
    try:
        load_model(Path(folder))
    except ModelRefused as error:
        sys.stdout.write(json.dumps({"code": error.code, "detail": error.detail}))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
