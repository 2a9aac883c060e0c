"""What an organisation takes for granted when grades are projected: kept in its settings, changed by its admins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Forbidden, Invalid, NotFound
from backend.core.runtime import runtime
from backend.grading.measures.assumptions import LIMITS, Assumptions
from backend.grading.measures.quality import SHIPPED_TABLE, QualityTable, quality_table
from backend.identity.models import Organization

SECTION = "grading"
CHANGEABLE = ("dressing_percent", "kph_percent", "default_live_weight_kg")
BOUNDS = {name: (least, most) for name, least, most in LIMITS}


async def of_organization(uow: UnitOfWork, live_weight_kg: float | None = None) -> Assumptions:
    """The asker's organisation's assumptions, for an animal of a known weight or of none."""
    chosen = col(Organization.settings)[SECTION]
    found = await uow.session.scalar(select(chosen).where(col(Organization.id) == _org(uow)))
    kept = found if isinstance(found, Mapping) else {}
    known = {name: kept[name] for name in CHANGEABLE if name in kept}
    least, most = BOUNDS["live_weight_kg"]
    weight = live_weight_kg if live_weight_kg is not None and least <= live_weight_kg <= most else None
    return Assumptions(live_weight_kg=weight, **known)


def grades_table() -> QualityTable:
    """The table of indicative grades of this installation. Raises ValueError for a file that is none."""
    own = runtime().settings.quality_table
    return quality_table(Path(own) if own else SHIPPED_TABLE)


async def change(uow: UnitOfWork, values: Mapping[str, float | None]) -> Assumptions:
    """Change some of them; what is graded from now on uses the new ones. Raises Forbidden, Invalid."""
    if uow.actor.role != "admin":
        raise Forbidden("Only an administrator may change what grades assume.")
    _check(values)
    before = await of_organization(uow)
    kept = {name: getattr(before, name) for name in CHANGEABLE} | dict(values)
    await uow.session.execute(
        update(Organization)
        .where(col(Organization.id) == _org(uow))
        .values(settings=_others().op("||")({SECTION: kept}), updated_at=func.now())
    )
    await audit.record(uow, "grading.assumptions_changed", "organization", _org(uow), before.to_document(), kept)
    return await of_organization(uow)


def _others() -> ColumnElement[Any]:
    """The settings there are; an organisation that has none may hold a JSON null."""
    settings = col(Organization.settings)
    return case((func.jsonb_typeof(settings) == "object", settings), else_=literal({}, JSONB))


def _check(values: Mapping[str, float | None]) -> None:
    wrong = []
    for name, value in values.items():
        if name not in CHANGEABLE:
            wrong.append(FieldError(path=name, message="is no assumption"))
            continue
        least, most = BOUNDS[name]
        empty_is_fine = name == "default_live_weight_kg"
        if value is None and not empty_is_fine:
            wrong.append(FieldError(path=name, message="must be a number"))
        elif value is not None and not least <= value <= most:
            wrong.append(FieldError(path=name, message=f"must be from {least:g} to {most:g}"))
    if wrong:
        raise Invalid(errors=wrong)


def _org(uow: UnitOfWork) -> UUID:
    if uow.actor.org_id is None:
        raise NotFound
    return uow.actor.org_id
