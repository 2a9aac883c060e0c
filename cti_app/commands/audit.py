"""`cti audit verify`: whether the log of who did what is still as it was written."""

from typing import TYPE_CHECKING, Annotated

import typer

from cti_app.commands.output import CommandError, Exit, JsonOption, speaking
from cti_app.commands.run import DataDirOption, chosen_settings

if TYPE_CHECKING:
    from uuid import UUID

    from backend.audit.chain import Chain
    from backend.core.database import UnitOfWork

app = typer.Typer(help="Look after the audit log.", no_args_is_help=True)


@app.command("verify")
def verify(
    org: Annotated[str | None, typer.Option(help="Short name of one organisation; all of them without.")] = None,
    end: Annotated[
        str | None, typer.Option(help="An end noted elsewhere, as NUMBER:SHA256, which the log of --org must contain.")
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Walk the chain of hashes. Says the first entry that is not as it was sealed, and then ends with exit code 1."""
    from cti_app.session import run_command

    with speaking(as_json=as_json) as output:
        known = _end(end, org)

        async def walk(uow: "UnitOfWork") -> "list[tuple[str, Chain]]":
            return await _walk(uow, org, known)

        found = run_command(walk, chosen_settings(None, data_dir))
        lines = [_line(name, chain) for name, chain in found]
        document = {"whole": all(chain.broken is None for _, chain in found), "logs": [_facts(*one) for one in found]}
        output.result(document, *lines)
    if not document["whole"]:
        raise typer.Exit(Exit.FAILED)


def _end(end: str | None, org: str | None) -> dict[int, str]:
    if end is None:
        return {}
    number, _, sha256 = end.partition(":")
    if org is None or not number.isdecimal() or not sha256:
        raise CommandError("Give --end as NUMBER:SHA256, and --org with it.", Exit.USAGE)
    return {int(number): sha256}


async def _walk(uow: "UnitOfWork", org: str | None, known: dict[int, str]) -> "list[tuple[str, Chain]]":
    from backend.audit import chain
    from backend.core.actor import Actor

    logs = await _logs(uow, org)
    found = []
    for name, org_id in logs:
        await uow.act_as(Actor.system(org_id))
        found.append((name, await chain.verify(uow, org_id, known)))
    return found


async def _logs(uow: "UnitOfWork", org: str | None) -> "list[tuple[str, UUID | None]]":
    """Names and ids of the organisations whose logs are walked; the last one is of what belongs to none."""
    from backend.audit import chain
    from backend.identity import service as identity

    if org is not None:
        home = await identity.find_organization(uow, org)
        return [(home.slug, home.id)]
    return await chain.named_chains(uow)


def _line(name: str, chain: "Chain") -> str:
    if chain.broken is None:
        return f"{name}: whole, {chain.entries:,} entries, end {chain.entries}:{chain.sha256 or '-'}"
    entry = f" (id {chain.broken.entry_id})" if chain.broken.entry_id else ""
    return f"{name}: BROKEN at entry {chain.broken.number:,}{entry}: {chain.broken.reason}."


def _facts(name: str, chain: "Chain") -> dict[str, object]:
    broken = chain.broken
    return {
        "organization": name,
        "entries": chain.entries,
        "sha256": chain.sha256,
        "broken": None if broken is None else {"number": broken.number, "id": broken.entry_id, "reason": broken.reason},
    }
