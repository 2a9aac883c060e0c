"""`cti batch start`, `list`, `pause`, `resume` and `cancel`: many scans graded in the background by the workers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast
from uuid import UUID

import typer

from cti_app.commands.devices import farm_id_of
from cti_app.commands.output import CommandError, Exit, JsonOption, speaking
from cti_app.commands.run import DataDirOption, chosen_settings
from cti_app.commands.users import OrganizationOption

if TYPE_CHECKING:
    from backend.core.database import UnitOfWork
    from backend.grading.batches import Batch, BatchKind

app = typer.Typer(help="Grade many scans in the background.", no_args_is_help=True)

KINDS = ("regrade", "backfill")
CERTAINTIES = ("abstained", "low", "medium", "high", "person")
COLUMNS = ("id", "kind", "model", "status", "done", "failed", "total", "started")
BatchArgument = Annotated[UUID, typer.Argument(metavar="BATCH", help="Its id, as `cti batch list` shows it.")]
Deed = Callable[["UnitOfWork", UUID], Awaitable[None]]
T = TypeVar("T")
DAY = ["%Y-%m-%d"]


@app.command("start")
def start(
    kind: Annotated[str, typer.Argument(help="regrade: scans with a result; backfill: those without one.")],
    model: Annotated[str | None, typer.Option(help="name@version; without: the model whose turn it is.")] = None,
    farm: Annotated[str | None, typer.Option(help="Name or id of a farm.")] = None,
    device: Annotated[str | None, typer.Option(help="Code of a device.")] = None,
    graded_by: Annotated[str | None, typer.Option(help="Only scans whose numbers are this model's.")] = None,
    certainty: Annotated[str | None, typer.Option(help=f"Only {', '.join(CERTAINTIES)}.")] = None,
    first_day: Annotated[datetime | None, typer.Option(formats=DAY, help="Captured from this UTC day on.")] = None,
    last_day: Annotated[datetime | None, typer.Option(formats=DAY, help="Captured until this UTC day's end.")] = None,
    organization: OrganizationOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Have the scans found graded whenever no capture is waiting; what runs already is not disturbed."""
    from backend.grading import batches
    from backend.grading.batches import BatchFilters

    with speaking(as_json=as_json) as output:
        chosen = cast("BatchKind", _one_of(kind, KINDS))
        narrowed = None if certainty is None else _one_of(certainty, CERTAINTIES)
        wanted: dict[str, Any] = {
            "graded_by": graded_by,
            "certainty": narrowed,
            "captured_from": None if first_day is None else first_day.replace(tzinfo=UTC),
            "captured_to": None if last_day is None else last_day.replace(tzinfo=UTC) + timedelta(days=1),
        }

        async def begin(uow: "UnitOfWork") -> "Batch":
            filters = BatchFilters(farm_id=await farm_id_of(uow, farm), device_id=await _device(uow, device), **wanted)
            return await batches.get_batch(uow, await batches.start_batch(uow, chosen, model=model, filters=filters))

        batch = _within(begin, organization, data_dir)
        output.result(_row(batch), f"{batch.total} scans are graded in the background: {batch.id}")


@app.command("list")
def list_all(
    organization: OrganizationOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """List the latest batches with their progress."""
    from backend.grading import batches

    with speaking(as_json=as_json) as output:
        found = _within(batches.list_batches, organization, data_dir)
        output.rows("batches", COLUMNS, [_row(batch) for batch in found], empty="No batch yet: cti batch start regrade")


def _deed(name: Literal["pause", "resume", "cancel"], help_text: str) -> None:
    """Add the command `name`, which does to one batch what the service's function of that name does."""

    @app.command(name, help=help_text)
    def deed(
        batch: BatchArgument,
        organization: OrganizationOption = None,
        data_dir: DataDirOption = None,
        as_json: JsonOption = False,  # noqa: FBT002 (a flag)
    ) -> None:
        from backend.grading import batches

        with speaking(as_json=as_json) as output:
            change: Deed = getattr(batches, f"{name}_batch")

            async def do(uow: "UnitOfWork") -> "Batch":
                await change(uow, batch)
                return await batches.get_batch(uow, batch)

            after = _within(do, organization, data_dir)
            output.result(_row(after), f"{after.status}: {after.done} of {after.total}")


_deed("pause", "Let nothing more of it go until it is resumed.")
_deed("resume", "Go on where it was paused.")
_deed("cancel", "End it; what has been graded stays.")


def _within(work: "Callable[[UnitOfWork], Awaitable[T]]", organization: str | None, data_dir: Path | None) -> T:
    """Run `work` as the system of an organisation."""
    from cti_app.session import enter_organization, run_command

    async def inside(uow: "UnitOfWork") -> T:
        await enter_organization(uow, organization)
        return await work(uow)

    return run_command(inside, chosen_settings(None, data_dir))


async def _device(uow: "UnitOfWork", code: str | None) -> UUID | None:
    """The id of the device with that code. Raises DeviceNotFound."""
    if code is None:
        return None
    from backend.devices import service as devices

    return (await devices.find_by_code(uow, code)).device.id


def _one_of(word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise CommandError(f"{word!r} is none of {', '.join(known)}.", Exit.USAGE)
    return word


def _row(batch: "Batch") -> dict[str, object]:
    return {
        "id": batch.id,
        "kind": batch.kind,
        "model": batch.model or "whose turn it is",
        "status": batch.status,
        "done": batch.done,
        "failed": batch.failed,
        "total": batch.total,
        "filters": batch.filters,
        "started": batch.created_at,
    }
