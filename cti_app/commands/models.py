"""`cti models list`, `register`, `alias`, `canary`, `return` and `bench`."""

from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from cti_app.commands.output import CommandError, Exit, JsonOption, speaking
from cti_app.commands.run import DataDirOption, chosen_settings

if TYPE_CHECKING:
    from backend.core.database import UnitOfWork
    from backend.core.runtime import Runtime
    from backend.registry.service import Alias, Model, Registry
    from jobs.grading import LoadedModel

app = typer.Typer(help="Manage models.", no_args_is_help=True)

ModelArgument = Annotated[str, typer.Argument(metavar="NAME@VERSION", help="A registered model.", show_default=False)]
COLUMNS = ("model", "status", "source", "aliases", "share", "registered")
WARM_UP = 2


@app.command("list")
def list_all(
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """List the versions with what they are: champion, canary, shadow, previous."""
    from backend.registry import service as registry
    from cti_app.session import run_command

    with speaking(as_json=as_json) as output:

        async def show(uow: "UnitOfWork") -> "Registry":
            await registry.register_shipped(uow)
            return await registry.list_models(uow)

        found = run_command(show, chosen_settings(None, data_dir))
        shares = {change.model: change.share for change in found.aliases if change.alias == "canary"}
        rows = [_row(model, shares.get(model.reference)) for model in found.models]
        output.rows("models", COLUMNS, rows, empty="No model yet: cti models register FOLDER")


def _row(model: "Model", share: float | None) -> dict[str, object]:
    return {
        "model": model.reference,
        "kind": model.kind,
        "status": model.status,
        "reason": model.reason,
        "source": model.source,
        "sha256": model.sha256,
        "aliases": ", ".join(model.aliases),
        "share": share,
        "registered": model.created_at,
    }


@app.command("register")
def register(
    folder: Annotated[Path, typer.Argument(help="A model's folder.", show_default=False)],
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Register a model's folder: every sha256 is compared, and the model is tried in a process of its own."""
    from cti_app.session import run_with_runtime

    with speaking(as_json=as_json) as output:

        async def add(runtime: "Runtime") -> tuple[str, str | None]:
            return await register_and_try(runtime, folder)

        reference, refused = run_with_runtime(add, chosen_settings(None, data_dir))
        if refused is not None:
            raise CommandError(f"{reference} is registered as refused: {refused}", Exit.REFUSED)
        output.result({"model": reference, "status": "ready"}, f"{reference} is ready: cti models alias champion …")


async def register_and_try(runtime: "Runtime", folder: Path) -> tuple[str, str | None]:
    """Register a folder and try it here, whether a worker runs or not; its reference, and why it was refused."""
    from backend.core.actor import Actor
    from backend.registry import service as registry
    from jobs.bench import Bench
    from jobs.model_checks import look_at_model

    async with runtime.database.unit_of_work(Actor.system()) as uow:
        reference = await registry.register_folder(uow, folder)
        version_id = (await registry.find(uow, reference)).id
    await look_at_model(Bench(runtime, "command line"), version_id)
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        return reference, (await registry.find(uow, reference)).reason


@app.command("alias")
def alias(
    name: Annotated[str, typer.Argument(metavar="ALIAS", help="champion or shadow.", show_default=False)],
    model: Annotated[str | None, typer.Argument(metavar="NAME@VERSION", show_default=False)] = None,
    off: Annotated[bool, typer.Option("--off", help="Let it stand for no model.")] = False,  # noqa: FBT002 (a flag)
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Let an alias stand for a model from the next scan on."""
    with speaking(as_json=as_json) as output:
        known = _alias(name)
        if known == "canary":
            raise CommandError("Use `cti models canary NAME@VERSION --share …`.", Exit.USAGE)
        if (model is None) is not off:
            raise CommandError("Name a model, or --off.", Exit.USAGE)
        _switch(known, model, None, data_dir)
        output.result({"alias": known, "model": model}, f"{known}: {model or 'none'}")


@app.command("canary")
def canary(
    model: Annotated[str | None, typer.Argument(metavar="NAME@VERSION", show_default=False)] = None,
    share: Annotated[float, typer.Option(help="Part of the captures it grades, above 0 and at most 1.")] = 0.1,
    off: Annotated[bool, typer.Option("--off", help="End the canary.")] = False,  # noqa: FBT002 (a flag)
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Let a model grade a share of the captures; it is taken back by itself when it does worse than the champion."""
    with speaking(as_json=as_json) as output:
        if (model is None) is not off:
            raise CommandError("Name a model, or --off.", Exit.USAGE)
        _switch("canary", model, None if off else share, data_dir)
        said = "There is no canary now." if off else f"{model} grades {share:.0%} of the captures."
        output.result({"alias": "canary", "model": model, "share": None if off else share}, said)


@app.command("return")
def go_back(
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Make the champion before this one champion again."""
    from backend.registry import service as registry
    from cti_app.session import run_command

    with speaking(as_json=as_json) as output:

        async def back(uow: "UnitOfWork") -> str:
            return await registry.return_to_previous(uow)

        model = run_command(back, chosen_settings(None, data_dir))
        output.result({"alias": "champion", "model": model}, f"champion: {model}")


def _switch(name: "Alias", model: str | None, share: float | None, data_dir: Path | None) -> None:
    from backend.registry import service as registry
    from cti_app.session import run_command

    async def switch(uow: "UnitOfWork") -> None:
        await registry.set_alias(uow, name, model, share=share)

    run_command(switch, chosen_settings(None, data_dir))


def _alias(name: str) -> "Alias":
    from backend.registry.service import Alias

    if name not in get_args(Alias):
        raise CommandError(f"{name!r} is no alias: choose {', '.join(get_args(Alias))}.", Exit.USAGE)
    return cast("Alias", name)


@app.command("bench")
def bench(
    model: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="A shipped model, or a folder.")],
    runs: Annotated[int, typer.Option(min=2, max=1000, help="How many images.")] = 20,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Time a model on simulated frames: its start, whole runs, and the network's part of them. Needs no server."""
    from cti_app.commands.grade import load_named

    with speaking(as_json=as_json) as output:
        started = perf_counter()
        loaded = load_named(model)
        start_ms = (perf_counter() - started) * 1000
        totals, inferences = time_runs(loaded, runs)
        document = {
            "model": loaded.reference,
            "runs": runs,
            "start_ms": round(start_ms, 1),
            "p50_ms": round(median(totals), 1),
            "p95_ms": round(quantiles(totals, n=20)[-1], 1),
            "network_p50_ms": round(median(inferences), 1),
            "ratio": round(median(totals) / median(inferences), 2),
        }
        output.result(document, *(f"{name:<16}{value}" for name, value in document.items()))


def time_runs(model: "LoadedModel", runs: int) -> tuple[list[float], list[float]]:
    """Milliseconds of whole runs and of the network in them, after a few to warm up."""
    from backend.grading.measures import Calibration
    from cti_app.simulator.frames import draw_frame
    from jobs.grading import grade_image

    totals, inferences = [], []
    for seed in range(-WARM_UP, runs):
        frame = draw_frame(abs(seed))
        scale = None if frame.scale is None else Calibration(frame.scale.mm_per_px_x, frame.scale.mm_per_px_y)
        graded = grade_image(frame.image_png, model=model, calibration=scale)
        if seed >= 0:
            totals.append(graded.timings_ms["total"])
            inferences.append(graded.timings_ms["inference"])
    return totals, inferences
