"""`cti device register`, `rotate-key` and `list`."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cti_app.commands.output import CommandError, Exit, JsonOption, speaking
from cti_app.commands.run import DataDirOption, chosen_settings
from cti_app.commands.users import OrganizationOption

if TYPE_CHECKING:
    from backend.core.database import UnitOfWork
    from backend.devices.service import DeviceView

app = typer.Typer(help="Manage devices.", no_args_is_help=True)

CodeArgument = Annotated[str, typer.Argument(help="The device's code, as in the keys of its captures.")]
COLUMNS = ("code", "label", "farm", "state", "captures", "last_seen", "last_upload")


@app.command("register")
def register(
    code: CodeArgument,
    farm: Annotated[str | None, typer.Option(help="Name or id of the farm it stands on.")] = None,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    organization: OrganizationOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Register a device and print its key, this once."""
    from backend.devices import service as devices
    from cti_app.session import enter_organization, run_command

    with speaking(as_json=as_json) as output:

        async def add(uow: "UnitOfWork") -> tuple[UUID, str]:
            await enter_organization(uow, organization)
            device, key = await devices.register_device(uow, code, await farm_id_of(uow, farm), label)
            return device.id, key

        device_id, key = run_command(add, chosen_settings(None, data_dir))
        output.result({"id": device_id, "code": code, "key": key}, *_key_lines(code, key))


@app.command("rotate-key")
def rotate_key(
    code: CodeArgument,
    organization: OrganizationOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """End every key of a device and print a new one, this once."""
    from backend.devices import service as devices
    from cti_app.session import enter_organization, run_command

    with speaking(as_json=as_json) as output:

        async def rotate(uow: "UnitOfWork") -> tuple[UUID, str]:
            await enter_organization(uow, organization)
            found = await devices.find_by_code(uow, code)
            _, key = await devices.rotate_key(uow, found.device.id)
            return found.device.id, key

        device_id, key = run_command(rotate, chosen_settings(None, data_dir))
        output.result({"id": device_id, "code": code, "key": key}, *_key_lines(code, key))


@app.command("list")
def list_all(
    organization: OrganizationOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """List the devices with when they were last heard of."""
    from cti_app.session import enter_organization, run_command

    with speaking(as_json=as_json) as output:

        async def show(uow: "UnitOfWork") -> list[dict[str, object]]:
            await enter_organization(uow, organization)
            return await device_rows(uow)

        rows = run_command(show, chosen_settings(None, data_dir))
        output.rows("devices", COLUMNS, rows, empty="No device yet: cti device register CODE")


async def device_rows(uow: "UnitOfWork") -> list[dict[str, object]]:
    """Every device of the organisation, in order of code."""
    from backend.devices import service as devices

    rows: list[dict[str, object]] = []
    cursor: str | None = None
    while True:
        page = await devices.list_devices(uow, cursor=cursor, limit=200)
        rows += [_row(view) for view in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return rows


def _row(view: "DeviceView") -> dict[str, object]:
    device = view.device
    return {
        "id": device.id,
        "code": device.device_code,
        "label": device.label,
        "farm": view.farm_name,
        "state": _state(view),
        "captures": device.captures_count,
        "last_seen": device.last_seen_at,
        "last_upload": device.last_upload_at,
    }


def _state(view: "DeviceView") -> str:
    if view.device.disabled_at is not None:
        return "disabled"
    if view.device.last_seen_at is None:
        return "never seen"
    return "silent" if view.silent else "fine"


async def farm_id_of(uow: "UnitOfWork", farm: str | None) -> UUID | None:
    """The id of a farm given by id or by name; raises CommandError when there is none."""
    if farm is None:
        return None
    from backend.farms import service as farms

    try:
        return UUID(farm)
    except ValueError:
        named = [known.id for known in await farms.list_farms(uow) if known.name.casefold() == farm.casefold()]
    if not named:
        raise CommandError(f"There is no farm called {farm!r}.", Exit.REFUSED)
    return named[0]


def _key_lines(code: str, key: str) -> list[str]:
    return [f"The key of {code}, shown this once. It uploads with `Authorization: Bearer …`:", key]
