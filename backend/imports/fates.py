"""What would become of each row of a list of animals. Pure: what is known of the herd is passed in.

An animal is recognised by its transponder, else by its tag on its farm. Rows are judged in the order of the file; of
two rows about one animal the first counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from backend.imports.rows import Row, sentence
from backend.sheets.columns import WORDS

Fate = Literal["new", "changed", "same", "refused", "doubled", "elsewhere"]
COLUMNS = ("tag_id", "rfid", "sex", "breed", "birth_date", "status")
"""What a file says of an animal in its own words; its group is found by name."""


@dataclass(frozen=True, slots=True)
class KnownAnimal:
    """An animal as it stands."""

    id: UUID
    farm_id: UUID | None
    tag_id: str
    rfid: str | None
    sex: str | None
    breed: str | None
    birth_date: date | None
    status: str
    group_id: UUID | None
    group_name: str | None


@dataclass(slots=True)
class Herd:
    """What is known of the herd for some rows: animals by transponder and by tag, and transponders out of sight."""

    by_rfid: Mapping[str, KnownAnimal] = field(default_factory=dict)
    by_tag: Mapping[tuple[UUID, str], KnownAnimal] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()


@dataclass(slots=True)
class Verdict:
    """A row with its fate. `changes` holds [before, after] by column, as JSON keeps it."""

    row: Row
    fate: Fate
    reason: str | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)
    animal_id: UUID | None = None


@dataclass(slots=True)
class Judge:
    """Judges the rows of one file. `farms` and `groups` lead from a name, without case, to what it names."""

    farm_id: UUID | None
    farms: Mapping[str, UUID]
    groups: Mapping[tuple[UUID, str], UUID]
    farm_names: Mapping[UUID, str]
    seen: dict[tuple[object, ...], int] = field(default_factory=dict)

    def farm_of(self, row: Row) -> UUID | None:
        """The farm a row is about; None where it names one that is not the asker's, or none at all."""
        named = row.given.get("farm")
        return self.farm_id if named is None else self.farms.get(str(named).casefold())

    def judge(self, row: Row, herd: Herd) -> Verdict:
        """The fate of the next row."""
        farm_id = self.farm_of(row)
        if farm_id is None and not row.wrong:
            row.wrong.append(_no_farm(row))
        if row.wrong or farm_id is None:
            return Verdict(row, "refused", sentence(row.wrong))
        row.given["farm_id"] = farm_id
        twin = self._twin(row, farm_id)
        if twin is not None:
            return Verdict(row, "doubled", f"The same animal as row {twin:,}.")
        return self._against(row, farm_id, herd)

    def _twin(self, row: Row, farm_id: UUID) -> int | None:
        """The earlier row about the same animal, if any; this one is remembered otherwise."""
        keys: list[tuple[object, ...]] = []
        if "rfid" in row.given:
            keys.append((row.given["rfid"],))
        if "tag_id" in row.given:
            keys.append((farm_id, row.given["tag_id"]))
        twin = next((self.seen[key] for key in keys if key in self.seen), None)
        if twin is None:
            self.seen.update(dict.fromkeys(keys, row.number))
        return twin

    def _against(self, row: Row, farm_id: UUID, herd: Herd) -> Verdict:
        rfid, tag = row.given.get("rfid"), row.given.get("tag_id")
        carrier = herd.by_rfid.get(str(rfid)) if rfid else None
        wearer = herd.by_tag.get((farm_id, str(tag))) if tag else None
        if carrier is None and rfid in herd.taken:
            return Verdict(row, "elsewhere", "An animal on a farm you do not see carries this transponder.")
        if carrier is not None and carrier.farm_id not in {None, farm_id}:
            where = self.farm_names.get(carrier.farm_id or farm_id, "another farm")
            return Verdict(row, "elsewhere", f"Tag {carrier.tag_id} at {where} carries this transponder.")
        if carrier is not None and wearer is not None and carrier.id != wearer.id:
            told = f"The transponder belongs to tag {carrier.tag_id}, the tag {tag} to another animal."
            return Verdict(row, "refused", told)
        animal = carrier or wearer
        return self._new(row, farm_id) if animal is None else self._known(row, farm_id, animal)

    def _new(self, row: Row, farm_id: UUID) -> Verdict:
        given = {name: _json(row.given[name]) for name in COLUMNS if name in row.given}
        given.setdefault("tag_id", str(row.given.get("rfid")))
        changes = {name: [None, value] for name, value in given.items()}
        changes["farm_id"] = [None, str(farm_id)]
        self._regroup(changes, row, farm_id, None)
        return Verdict(row, "new", changes=changes)

    def _known(self, row: Row, farm_id: UUID, animal: KnownAnimal) -> Verdict:
        stands = {name: _json(getattr(animal, name)) for name in COLUMNS}
        given = {name: _json(row.given[name]) for name in COLUMNS if name in row.given}
        changes = {name: [stands[name], value] for name, value in given.items() if stands[name] != value}
        if animal.farm_id is None:
            changes["farm_id"] = [None, str(farm_id)]
        self._regroup(changes, row, farm_id, animal)
        return Verdict(row, "changed" if changes else "same", changes=changes, animal_id=animal.id)

    def _regroup(self, changes: dict[str, list[Any]], row: Row, farm_id: UUID, animal: KnownAnimal | None) -> None:
        """Add the group the row names, unless the animal is in it. One that is not there is made with the import."""
        name = row.given.get("group")
        if name is None:
            return
        group_id = self.groups.get((farm_id, str(name).casefold()))
        stands = None if animal is None else animal.group_id
        if group_id is None or group_id != stands:
            changes["group"] = [None if animal is None else animal.group_name, name]
            changes["group_id"] = [_json(stands), _json(group_id)]


def _no_farm(row: Row) -> str:
    named = row.given.get("farm")
    return f"No farm of yours is called {named}" if named else f"Choose a farm, or add a column {WORDS['farm']}"


def _json(value: object) -> Any:
    return str(value) if isinstance(value, (date, UUID)) else value
