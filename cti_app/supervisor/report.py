"""What the supervisor tells its terminal: a line for a person, or a JSON object for a script."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol, TextIO

from rich.console import Console
from rich.text import Text

from backend.core.clock import utc_now

State = Literal["starting", "ready", "done", "restarting", "stopping", "stopped", "failed", "note"]
MARKS: dict[State, tuple[str, str]] = {
    "starting": ("·", "dim"),
    "ready": ("✓", "green"),
    "done": ("✓", "green"),
    "restarting": ("↻", "yellow"),
    "stopping": ("·", "dim"),
    "stopped": ("■", "dim"),
    "failed": ("✗", "red"),
    "note": ("i", "cyan"),
}
QUIET: frozenset[State] = frozenset({"starting", "stopping"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to `program`; `detail` is a short sentence or empty, `facts` are worth a line each."""

    program: str
    state: State
    detail: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class Report(Protocol):
    """Receives notices as they happen."""

    def __call__(self, notice: Notice) -> None: ...


class TerminalReport:
    """Aligned lines in colour; what is about to happen is left out, what happened is shown."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, notice: Notice) -> None:
        if notice.state in QUIET:
            return
        mark, colour = MARKS[notice.state]
        line = Text.assemble((f" {mark} ", colour), (f"{notice.program:<12}", "bold"), (f"{notice.state:<11}", colour))
        self.console.print(line.append(notice.detail), soft_wrap=True)
        for name, fact in notice.facts.items():
            # Never folded: links and passwords are there to be copied.
            self.console.print(Text.assemble((f"   {name:<12}", "bold cyan"), fact), soft_wrap=True, no_wrap=True)


class JsonReport:
    """One JSON object a line: at, program, state, detail, facts."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __call__(self, notice: Notice) -> None:
        self.stream.write(json.dumps({"at": utc_now().isoformat(), **asdict(notice)}) + "\n")
        self.stream.flush()
