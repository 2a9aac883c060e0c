"""How commands speak: a person reads sentences and tables, a script reads one JSON document on standard output.

`speaking` turns every expected error into one sentence (or `{"error": …}`) and the exit code of its kind.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated

import psycopg
import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from backend.core.errors import CtiError, Unavailable
from backend.core.logging import configure_logging
from backend.core.settings import SettingsError
from cti_app.services import ServiceError, ServiceFailed, ServiceInUse
from cti_app.supervisor import GaveUp

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


class Exit(IntEnum):
    """Exit codes; documented for users in `cti_app.cli`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_CONFIGURED = 3
    UNAVAILABLE = 4
    REFUSED = 5


class CommandError(Exception):
    """A command cannot go on; the message says why and what to do."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


class Output:
    """What one command says, in the form that was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console()
        self.errors = Console(stderr=True)

    def result(self, document: Mapping[str, object], *lines: str) -> None:
        """Say what was done: `document` to a script, `lines` to a person."""
        if self.as_json:
            print_json(document)
            return
        for line in lines:
            self.console.print(line, soft_wrap=True, highlight=False)

    def rows(self, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]], *, empty: str) -> None:
        """Show a list: a table with `columns`, or `{name: [...]}`; `empty` says what to do when there is nothing."""
        if self.as_json:
            print_json({name: rows})
        elif not rows:
            self.console.print(empty)
        else:
            self.console.print(_table(columns, rows))

    def error(self, message: str, code: Exit) -> None:
        if self.as_json:
            print_json({"error": {"message": message, "kind": code.name.lower(), "exit_code": int(code)}})
        else:
            self.errors.print(f"[red]✗[/red] {message}", soft_wrap=True, highlight=False, markup=True)


@contextmanager
def speaking(*, as_json: bool) -> Iterator[Output]:
    """Run a command's body; an expected error ends the process with its sentence and code.

    Logs go to standard error: the other stream is what the command says.
    """
    configure_logging("WARNING", "cli")
    output = Output(as_json=as_json)
    try:
        yield output
    except (CommandError, SettingsError, ServiceError, GaveUp, CtiError, *UNREACHABLE) as error:
        code = code_of(error)
        output.error(sentence(error), code)
        raise typer.Exit(code) from error


UNREACHABLE = (psycopg.OperationalError, RedisError, ConnectionError)


def code_of(error: Exception) -> Exit:
    """The exit code of a kind of error."""
    match error:
        case CommandError():
            return error.code
        case ServiceFailed() | GaveUp():
            return Exit.FAILED
        case ServiceInUse() | Unavailable():
            return Exit.UNAVAILABLE
        case SettingsError() | ServiceError():
            return Exit.NOT_CONFIGURED
        case CtiError():
            return Exit.REFUSED
    return Exit.UNAVAILABLE


def sentence(error: Exception) -> str:
    """What to tell a person of `error`, with every mistake of an input named."""
    if isinstance(error, CtiError) and error.errors:
        return "; ".join(f"{item['path']}: {item['message']}" for item in error.errors)
    if isinstance(error, UNREACHABLE):
        return f"A service cannot be reached: {' '.join(str(error).split())}"
    return str(error)


def print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, default=str) + "\n")


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, column in enumerate(columns):
        # The first column names the row: one copies it into the next command, so it is never cut short.
        longest = max(len(str(row[column])) for row in rows) if place == 0 else None
        table.add_column(column.replace("_", " "), min_width=longest)
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    return table
