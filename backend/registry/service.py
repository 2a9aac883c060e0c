"""The registry of models: which versions there are, which of them grades, and how that is switched.

Models are everybody's on an installation, so whoever runs it registers and switches; admins and technicians look.
Every worker asks before each scan, so a switch needs no restart.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.events import Event
from backend.core.logging import get_logger
from backend.core.runtime import runtime
from backend.notifications.service import notify_everywhere
from backend.registry import bundles, repository
from backend.registry.bundles import Bundle, check, read_folder
from backend.registry.canary import draws_canary, why_worse
from backend.registry.models import ModelVersion
from backend.registry.views import AliasChange, Choice, Model, Registry, change_of, model_of, reference_of

__all__ = ["Alias", "AliasChange", "Choice", "Model", "ModelNotFound", "Registry", "reference_of"]

KIND = "model"
"""What nudges about models are called."""
Alias = Literal["champion", "canary", "shadow"]
SEERS = frozenset({"admin", "technician", "system"})
HISTORY_MOST = 50
TOLD_ALIASES = frozenset({"champion", "canary"})
"""People are told when these change: what they stand for grades their images."""
log = get_logger(__name__)


class ModelNotFound(NotFound):
    title = "There is no such model"


class ModelExists(Conflict):
    code, title = "model_exists", "This version is registered already; versions never change"


class ModelNotReady(Conflict):
    code, title = "model_not_ready", "The model has not passed its checks"


class AliasConflict(Conflict):
    code, title = "alias_conflict", "The alias cannot be switched like this"


async def list_models(uow: UnitOfWork) -> Registry:
    """The whole registry. For technicians and admins; raises Forbidden."""
    _require_seer(uow)
    now = await repository.current(uow)
    aliases = [change_of(alias, version, None) for alias, version in now]
    held: dict[str, list[str]] = {}
    for change in aliases:
        held.setdefault(change.model or "", []).append(change.alias)
    models = [model_of(version, held.get(reference_of(version), [])) for version in await repository.versions(uow)]
    history = [change_of(*row) for row in await repository.history(uow, HISTORY_MOST)]
    return Registry(models, aliases, history)


async def card(uow: UnitOfWork, reference: str) -> str:
    """A model's card, as Markdown. Raises ModelNotFound."""
    return (await find(uow, reference)).card


async def is_simulated(uow: UnitOfWork, reference: str) -> bool:
    """Whether a model has seen no image of an animal, by its own metadata; so for one that nobody knows any more."""
    try:
        trained_on = (await find(uow, reference)).facts.get("training_set")
    except ModelNotFound:
        return True
    return isinstance(trained_on, Mapping) and "simulated" in str(trained_on.get("what", ""))


async def find(uow: UnitOfWork, reference: str) -> ModelVersion:
    """The version called `name@version`. Raises ModelNotFound."""
    name, _, version = reference.partition("@")
    found = await repository.get(uow, name, version)
    if found is None:
        raise ModelNotFound
    return found


async def find_ready(uow: UnitOfWork, reference: str) -> ModelVersion:
    """The same, but one that may grade. Raises ModelNotFound, ModelNotReady."""
    found = await find(uow, reference)
    if found.status != "ready":
        raise ModelNotReady(f"{reference} is {found.status}{f': {found.reason}' if found.reason else ''}.")
    return found


async def register_folder(uow: UnitOfWork, folder: Path) -> str:
    """Register a model's folder; a worker tries it before it may grade. Returns its reference.

    Raises Forbidden, BundleRefused, ModelExists, StoreUnavailable.
    """
    _require_platform(uow)
    return await _register(uow, check(read_folder(folder), trusted_folder=True))


async def register_upload(uow: UnitOfWork, files: Mapping[str, bytes]) -> str:
    """Register uploaded files. Raises Forbidden, BundleRefused, ModelExists, StoreUnavailable."""
    _require_platform(uow)
    return await _register(uow, check(files))


async def _register(uow: UnitOfWork, bundle: Bundle) -> str:
    version_id = await repository.add(uow, _columns(bundle, source="uploaded", status="checking"))
    if version_id is None:
        raise ModelExists(f"{bundle.reference} is registered. Give the new one another version.")
    await _store(bundle)
    await audit.record(uow, "model.registered", "model", bundle.reference, after={"files": bundle.hashes})
    uow.nudge(KIND, version_id)
    return bundle.reference


async def _store(bundle: Bundle) -> None:
    store = runtime().store
    for name, data in bundle.files.items():
        await store.put_new(key_of(bundle.reference, name), data, "application/octet-stream")


def key_of(reference: str, name: str) -> str:
    """Where a model's file lies in the object store."""
    return f"models/{reference}/{name}"


async def register_shipped(uow: UnitOfWork) -> list[str]:
    """Register what came with the product and is not known yet; the first becomes champion where there is none.

    Returns the new references. A folder that cannot be registered is logged and left out.
    """
    added = []
    for folder in sorted(bundles.SHIPPED.glob("*@*")):
        try:
            bundle = await asyncio.to_thread(_read_shipped, folder)
        except bundles.BundleRefused as error:
            log.warning("shipped_model_refused", folder=folder.name, reason=error.detail)
            continue
        if await repository.add(uow, _columns(bundle, source="shipped", status="ready")) is not None:
            await _store(bundle)
            added.append(bundle.reference)
        await _crown(uow, bundle)
    return added


def _read_shipped(folder: Path) -> Bundle:
    return check(read_folder(folder), trusted_folder=True)


async def _crown(uow: UnitOfWork, bundle: Bundle) -> None:
    """Make a shipped model champion of its kind where nothing ever was."""
    if any(alias.alias == "champion" for alias, _ in await repository.current(uow, bundle.kind)):
        return
    await repository.queue_up(uow)
    if not any(alias.alias == "champion" for alias, _ in await repository.current(uow, bundle.kind)):
        version = await find(uow, bundle.reference)
        await repository.switch(uow, bundle.kind, "champion", version.id, reason="Shipped with the product")


async def unchecked(uow: UnitOfWork, most: int) -> list[UUID]:
    """Uploads that no worker has tried yet."""
    return await repository.unchecked(uow, most)


async def finish_check(uow: UnitOfWork, version_id: UUID, refused: str | None) -> None:
    """Let an upload be `ready`, or `refused` with the reason. Raises nothing where another worker was first."""
    if await repository.finish_check(uow, version_id, "refused" if refused else "ready", refused):
        await audit.record(uow, "model.checked", "model", version_id, after={"refused": refused})


async def by_id(uow: UnitOfWork, version_id: UUID) -> ModelVersion | None:
    return await repository.by_id(uow, version_id)


async def choose(uow: UnitOfWork, kind: str, capture_id: str) -> Choice | None:
    """The model for a capture: the canary for its share of them, else the champion. None where nothing grades yet."""
    now = {alias.alias: (alias, version) for alias, version in await repository.current(uow, kind)}
    canary, model = now.get("canary", (None, None))
    if canary is not None and model is not None and draws_canary(capture_id, canary.share or 0.0):
        return Choice(model, "canary")
    champion = now.get("champion", (None, None))[1]
    return None if champion is None else Choice(champion, "champion")


async def shadow(uow: UnitOfWork, kind: str) -> ModelVersion | None:
    """The model that runs beside the one that counts, if there is one."""
    return next((model for alias, model in await repository.current(uow, kind) if alias.alias == "shadow"), None)


async def alias_of(uow: UnitOfWork, model: ModelVersion) -> str | None:
    """The alias that a model grades under at the moment."""
    now = await repository.current(uow, model.kind)
    held = {alias.alias for alias, version in now if version is not None and version.id == model.id}
    return next((name for name in ("champion", "canary", "previous") if name in held), None)


async def set_alias(uow: UnitOfWork, alias: Alias, reference: str | None, *, share: float | None = None) -> None:
    """Let an alias stand for a model from the next scan on; None ends canary or shadow.

    Raises Forbidden, ModelNotFound, ModelNotReady, AliasConflict.
    """
    _require_platform(uow)
    await repository.queue_up(uow)
    if reference is None:
        await _clear(uow, alias)
        return
    model = await find_ready(uow, reference)
    now = await _now(uow, model.kind)
    if alias == "champion":
        await _promote(uow, model, now)
    elif now.get("champion") == model.id:
        raise AliasConflict(f"{reference} is the champion: it grades already.")
    elif alias == "canary" and not 0 < (share or 0) <= 1:
        raise AliasConflict("A canary needs a share of captures above 0 and at most 1.")
    else:
        await repository.switch(uow, model.kind, alias, model.id, share=share if alias == "canary" else None)
    await _switched(uow, alias, now.get(alias), reference, share)


async def return_to_previous(uow: UnitOfWork, kind: str = "ribeye_ultrasound") -> str:
    """Make the champion before this one champion again; returns its reference. Raises Forbidden, AliasConflict."""
    _require_platform(uow)
    await repository.queue_up(uow)
    now = await _now(uow, kind)
    before = now.get("previous")
    model = None if before is None else await repository.by_id(uow, before)
    if model is None:
        raise AliasConflict("There is no champion to return to.")
    await _promote(uow, model, now)
    await _switched(uow, "champion", now.get("champion"), reference_of(model), None)
    return reference_of(model)


async def mind_canaries(uow: UnitOfWork) -> list[str]:
    """Take back every canary that does worse than its champion; returns why. For the product itself."""
    await repository.queue_up(uow)
    now = await repository.current(uow)
    champions = {alias.kind: model for alias, model in now if alias.alias == "champion"}
    reasons = []
    for alias, model in now:
        champion = champions.get(alias.kind)
        if alias.alias != "canary" or model is None or champion is None:
            continue
        canary = await repository.rates(uow, model.name, model.version, "canary", alias.changed_at)
        beside = await repository.rates(uow, champion.name, champion.version, "champion", alias.changed_at)
        reason = why_worse(canary, beside)
        if reason is not None:
            await repository.switch(uow, alias.kind, "canary", None, reason=reason)
            await audit.record(uow, "model.canary_returned", "model", reference_of(model), after={"reason": reason})
            returned = {"alias": "canary", "model": None, "was": reference_of(model), "reason": reason}
            await notify_everywhere(uow, "model_changed", payload=returned)
            reasons.append(reason)
    return reasons


async def _now(uow: UnitOfWork, kind: str) -> dict[str, UUID | None]:
    return {alias.alias: alias.model_version_id for alias, _ in await repository.current(uow, kind)}


async def _promote(uow: UnitOfWork, model: ModelVersion, now: Mapping[str, UUID | None]) -> None:
    """Crown a model; who was champion is what a return leads to, and nobody is champion and something else."""
    if now.get("champion") == model.id:
        raise AliasConflict(f"{reference_of(model)} is the champion already.")
    await repository.switch(uow, model.kind, "champion", model.id)
    if now.get("champion") is not None:
        await repository.switch(uow, model.kind, "previous", now["champion"])
    for alias in ("canary", "shadow"):
        if now.get(alias) == model.id:
            await repository.switch(uow, model.kind, alias, None, reason="Became the champion")


async def _clear(uow: UnitOfWork, alias: Alias) -> None:
    if alias == "champion":
        raise AliasConflict("There is always a champion: name another model instead.")
    for held, model in await repository.current(uow):
        if held.alias == alias and model is not None:
            await repository.switch(uow, held.kind, alias, None)
            await _switched(uow, alias, model.id, None, None)


async def _switched(uow: UnitOfWork, alias: str, before: UUID | None, after: str | None, share: float | None) -> None:
    old = None if before is None else await repository.by_id(uow, before)
    was = {"model": reference_of(old) if old else None}
    await audit.record(uow, "model.alias_switched", "model", alias, before=was, after={"model": after, "share": share})
    if alias in TOLD_ALIASES:
        payload = {"alias": alias, "model": after, "was": was["model"]}
        await notify_everywhere(uow, "model_changed", payload=payload)
    if uow.actor.org_id is not None:
        uow.publish(Event("model.alias", uow.actor.org_id, data={"alias": alias, "model": after}))


def _require_seer(uow: UnitOfWork) -> None:
    if uow.actor.role not in SEERS:
        raise Forbidden("Only technicians and administrators may look at models.")


def _require_platform(uow: UnitOfWork) -> None:
    if uow.actor.role != "system" and not uow.actor.platform_admin:
        raise Forbidden("Only whoever runs the installation may change its models.")


def _columns(bundle: Bundle, *, source: str, status: str) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "version": bundle.version,
        "kind": bundle.kind,
        "sha256": bundle.hashes[bundles.NETWORK],
        "preprocessing_sha256": bundle.hashes[bundles.PREPROCESSING],
        "files": bundle.hashes,
        "config": bundle.config,
        "facts": bundle.metadata,
        "card": bundle.card,
        "source": source,
        "status": status,
    }
