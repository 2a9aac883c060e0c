"""`cti up` and `cti migrate`: run the platform, or bring its database to the newest revision."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from backend.core.settings import Settings, load_settings
from cti_app.commands.output import JsonOption, Output, speaking
from cti_app.local import borrowed_services
from cti_app.platform import Platform, migrate
from cti_app.supervisor import Chore, JsonReport, Notice, Report, Step, Supervisor, TerminalReport

PortOption = Annotated[int | None, typer.Option(help="Port to listen on (CTI_PORT).", min=1, max=65535)]
DataDirOption = Annotated[Path | None, typer.Option(help="Folder for everything that is kept (CTI_DATA_DIR).")]


def up(port: PortOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 (a flag)
    """Run the platform: database, Redis, web and worker, until Ctrl-C."""
    with speaking(as_json=as_json) as output:
        platform = Platform(chosen_settings(port, data_dir))
        facts: dict[str, str] = {}
        people = Chore("people", lambda: find_first_link(platform.settings, facts))
        supervise(platform, [*platform.steps(), people], output, lambda: facts)


def migrate_database(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 (a flag)
    """Bring the database to the newest revision."""
    with speaking(as_json=as_json) as output, borrowed_services(chosen_settings(None, data_dir)) as settings:
        done = migrate(settings)
        output.result({"migrations": done}, f"Migrations: {done}.")


def find_first_link(settings: Settings, facts: dict[str, str]) -> str:
    """Note the link that makes the first administrator in `facts`, if nobody is there yet."""
    from backend.identity import service as identity
    from cti_app.session import run_once

    link = asyncio.run(run_once(identity.setup_link, settings))
    if link is None:
        return "somebody can sign in"
    facts["begin here"] = link
    return "nobody can sign in yet"


def chosen_settings(port: int | None, data_dir: Path | None) -> Settings:
    """Settings with what the command line says on top; the public address follows the port unless it is set."""
    chosen: dict[str, object] = {}
    if port is not None:
        chosen["port"] = port
    if data_dir is not None:
        chosen["data_dir"] = data_dir
    settings = load_settings(**chosen)
    if "public_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"public_url": f"http://localhost:{settings.port}"})


def supervise(platform: Platform, steps: list[Step], output: Output, facts: Callable[[], dict[str, str]]) -> None:
    """Run `steps` until a signal; `facts` gives what to say once everything is up."""
    report = reporter(output)
    if platform.places.moved:
        report(Notice("database", "note", platform.places.moved))
    platform.fresh_metrics()

    def tell_where() -> None:
        known = {**facts(), "logs": str(platform.places.logs), "stop": "Ctrl-C"}
        report(Notice("platform", "ready", platform.settings.public_url, known))

    async def run() -> None:
        supervisor = Supervisor(steps, report, run_folder=platform.places.run, when_up=tell_where)
        await supervisor.run()

    try:
        asyncio.run(run())
    finally:
        platform.local.tidy()


def reporter(output: Output) -> Report:
    return JsonReport(sys.stdout) if output.as_json else TerminalReport(output.console)
