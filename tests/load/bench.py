"""`make bench`: every row of the speed table against its limit in one run; rewrites docs/performance.md.

Each part gets services of its own, tuned as the product's are. Exit code 1 when a limit was missed.
`--scans` makes the list's ground smaller for a quick look; only a whole run is written down.
"""

import argparse
import logging
import os
import platform as machine
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from backend.core.settings import Settings
from tests.load import grading, herd, interaction, lists, live, maps, review, verify, viewer, webhook
from tests.load.seed import seed
from tests.load.table import HEADINGS, BenchRow, as_markdown

PERFORMANCE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
MILLION = 1_000_000
INTRODUCTION = """# How quick it is

Written by `make bench`: client, server, database, browser and load share one machine, so figures move from run to
run. Each is held against a limit in the same run; ratios compare with bare work measured in the same minutes.

"""


def measured_lists(settings: Settings, scans: int) -> list[BenchRow]:
    """Seed, then measure."""
    superuser = settings.database_owner_url.replace("cti_owner", "cti_superuser")
    seed(superuser, scans)
    return [*lists.run(settings), *maps.run(settings), *herd.run(settings)]


def parts(scans: int) -> dict[str, Callable[[Settings], list[BenchRow]]]:
    return {
        "webhook": webhook.run,
        "verify": verify.run,
        "grading": grading.run,
        "live": live.run,
        "interaction": interaction.run,
        "review": review.run,
        "viewer": viewer.run,
        "lists": lambda settings: measured_lists(settings, scans),
    }


def measure(chosen: list[str], scans: int, console: Console) -> Iterator[BenchRow]:
    for name in chosen:
        console.print(f"measuring {name} …")
        with webhook.platform() as settings:
            yield from parts(scans)[name](settings)


def show(rows: list[BenchRow], console: Console) -> None:
    table = Table(*HEADINGS)
    for row in rows:
        verdict = "[green]✓[/green]" if row.ok else "[red]✗[/red]"
        table.add_row(row.name, f"{row.measured:g} {row.unit}", f"{row.limit:g} {row.unit}", verdict, row.note)
    console.print(table)


def write(rows: list[BenchRow], scans: int) -> None:
    versions = f"Python {machine.python_version()}, {_postgres()}, Linux {machine.release().split('-')[0]}"
    facts = (
        f"{datetime.now(UTC):%d %B %Y}: {os.cpu_count()} cores, {_memory_gib()} GiB, {versions}; {scans:,} scans.\n\n"
    )
    PERFORMANCE.write_text(INTRODUCTION + facts + as_markdown(rows))


def _postgres() -> str:
    newest = max(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    said = subprocess.run([newest, "--version"], capture_output=True, text=True, check=True).stdout
    return said.partition("(")[2].partition(")")[0] + said.partition(")")[2].partition("(")[0].rstrip()


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(parts(0))}; all of them without")
    parser.add_argument("--scans", type=int, default=MILLION, help="how many scans the list is measured at")
    given = parser.parse_args()
    unknown = set(given.parts) - parts(0).keys()
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console()
    rows = list(measure(given.parts or list(parts(0)), given.scans, console))
    show(rows, console)
    if not given.parts and given.scans == MILLION:
        write(rows, given.scans)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
