"""Logs that do not fill the disk: one file being written and the one before it."""

import shutil
from pathlib import Path

LONGEST_BYTES = 32 << 20


def keep_short(log: Path, *, longest_bytes: int = LONGEST_BYTES) -> None:
    """Move what `log` holds to `<log>.1` once it is too long.

    It is copied and cut rather than renamed, because the program goes on writing to the file it opened; what it writes
    in between, if anything, is lost.
    """
    if log.exists() and log.stat().st_size > longest_bytes:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        with log.open("r+b") as handle:
            handle.truncate(0)
