"""Many devices at once, from a list that somebody pasted: first what would happen to each line, then all or none.

A line is a code, perhaps a label and the name of a farm, parted by commas, semicolons or tabs; a heading may be first.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, FieldError, Invalid
from backend.devices import repository, service
from backend.farms import service as farms

MOST_LINES = 500
MOST_CHARS = 200_000
HEADINGS = frozenset({"code", "device code", "device_code", "device"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BulkRefused(Invalid):
    code, title = "bulk_refused", "Nothing was registered"


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One line of the list as it would be registered; `problem` says what keeps it from that."""

    number: int
    code: str
    label: str
    farm: str
    farm_id: UUID | None
    problem: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """A device just registered, with its key in the clear, this once."""

    code: str
    label: str
    farm: str
    key: str


async def plan(uow: UnitOfWork, text: str) -> list[BulkLine]:
    """What would become of each line. Stores nothing. Raises Forbidden, and Invalid for what is no list."""
    service.require_admin(uow)
    cells = list(_cells(text))
    if not 0 < len(cells) <= MOST_LINES:
        raise Invalid(errors=[FieldError(path="text", message=f"must hold 1 to {MOST_LINES} lines")])
    by_name = {farm.name.casefold(): farm.id for farm in await farms.list_farms(uow)}
    taken = await repository.taken_codes(uow, [code for _, code, _, _ in cells])
    lines, seen = [], set[str]()
    for number, code, label, farm in cells:
        farm_id = by_name.get(farm.casefold())
        no_farm = "there is no farm of this name" if farm and farm_id is None else ""
        problem = _problem(code, label, taken, seen) or no_farm
        seen.add(code)
        lines.append(BulkLine(number, code, label, farm, farm_id, problem))
    return lines


async def register_many(uow: UnitOfWork, text: str) -> list[NewKey]:
    """Register every device of a list. Raises Forbidden, Invalid, and BulkRefused naming each line that cannot be."""
    lines = await plan(uow, text)
    wrong = [FieldError(path=f"lines.{line.number}", message=line.problem) for line in lines if line.problem]
    if wrong:
        raise BulkRefused(f"{len(wrong)} of {len(lines)} lines cannot be registered.", errors=wrong)
    made = []
    for line in lines:
        _, key = await service.register_device(uow, line.code, line.farm_id, line.label)
        made.append(NewKey(line.code, line.label, line.farm, key))
    return made


def keys_csv(made: Sequence[NewKey]) -> str:
    """The keys as a file for whoever sets the devices up."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("code", "label", "farm", "key"))
    writer.writerows((_plain(new.code), _plain(new.label), _plain(new.farm), new.key) for new in made)
    return out.getvalue()


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _cells(text: str) -> Iterator[tuple[int, str, str, str]]:
    """(line, code, label, farm) of every line that says something."""
    if len(text) > MOST_CHARS:
        raise Invalid(errors=[FieldError(path="text", message=f"must have at most {MOST_CHARS:,} characters")])
    first = text.lstrip("\ufeff \r\n").partition("\n")[0]
    parted_by = next((mark for mark in "\t;" if mark in first), ",")
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=parted_by))
    except csv.Error as error:
        raise Invalid(errors=[FieldError(path="text", message=f"cannot be read as lines: {error}")]) from error
    for number, row in enumerate(rows, start=1):
        code, label, farm = ([" ".join(cell.replace("\0", " ").split()) for cell in row] + ["", "", ""])[:3]
        if (code or label or farm) and code.casefold() not in HEADINGS:
            yield number, code, label, farm


def _problem(code: str, label: str, taken: set[str], seen: set[str]) -> str:
    try:
        service.check_code(code)
        service.clean_label(label)
    except CtiError as error:
        return error.errors[0]["message"]
    if code in seen:
        return "stands in the list twice"
    return "is registered already" if code in taken else ""
