"""`cti user create` and `cti user reset-password`."""

import sys
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from backend.core.actor import Role
from cti_app.commands.output import CommandError, Exit, JsonOption, speaking
from cti_app.commands.run import DataDirOption, chosen_settings

if TYPE_CHECKING:
    from backend.core.database import UnitOfWork

app = typer.Typer(help="Manage people.", no_args_is_help=True)

EmailOption = Annotated[str, typer.Option(help="Address the person signs in with.")]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; otherwise a link is made.")
]
OrganizationOption = Annotated[
    str | None, typer.Option(help="Short name of the organisation; the default one without.")
]


@app.command("create")
def create(
    email: EmailOption,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(Role))}.")],
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    password_stdin: PasswordOption = False,  # noqa: FBT002 (a flag)
    organization: OrganizationOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Add a person. The first one, if an admin, runs the installation."""
    from backend.identity import service as identity
    from cti_app.session import run_command

    with speaking(as_json=as_json) as output:
        known = _role(role)
        password = read_password() if password_stdin else None

        async def add(uow: "UnitOfWork") -> identity.NewMember:
            return await identity.create_user(
                uow, email=email, role=known, password=password, full_name=name, organization_slug=organization
            )

        made = run_command(add, chosen_settings(None, data_dir))
        lines = [f"{email} can sign in as {role}."] if made.link is None else _link_lines(email, made.link)
        output.result({"id": made.id, "email": email, "role": role, "link": made.link}, *lines)


@app.command("reset-password")
def reset_password(
    email: EmailOption,
    password_stdin: PasswordOption = False,  # noqa: FBT002 (a flag)
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Set a person's password and end their sessions, or make a link with which they set it."""
    from backend.identity import service as identity
    from cti_app.session import run_command

    with speaking(as_json=as_json) as output:
        password = read_password() if password_stdin else None

        async def change(uow: "UnitOfWork") -> str | None:
            return await identity.set_password_for(uow, email, password)

        link = run_command(change, chosen_settings(None, data_dir))
        lines = (
            [f"The password of {email} is set; they must sign in again."] if link is None else _link_lines(email, link)
        )
        output.result({"email": email, "link": link}, *lines)


def read_password() -> str:
    """The first line of standard input; raises CommandError when there is none."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("No password came on standard input.", Exit.USAGE)
    return password


def _role(role: str) -> Role:
    if role not in get_args(Role):
        raise CommandError(f"{role!r} is no role: choose {', '.join(get_args(Role))}.", Exit.USAGE)
    return cast("Role", role)


def _link_lines(email: str, link: str) -> list[str]:
    return [f"{email} chooses a password here; the link works once:", link]
