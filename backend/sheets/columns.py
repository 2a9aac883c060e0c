"""What people call the columns of animal lists and barn sheets: one table of aliases for both.

Heads are compared without case, spaces and signs, so that `Tag No.`, `TAG_NO` and `tag no` are one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.sheets.errors import BadTable

ALIASES: dict[str, tuple[str, ...]] = {
    "tag_id": (
        *("tag", "tag id", "tag no", "tag nr", "tag number", "ear tag", "eartag", "visual id", "visual tag", "vid"),
        *("animal", "animal id", "animal tag", "id", "boucle", "ohrmarke", "caravana", "brinco"),
    ),
    "rfid": (
        *("rfid", "rfid tag", "rfid no", "eid", "eid no", "electronic id", "electronic tag", "transponder", "chip"),
        *("animal rfid", "ccia", "ccia tag", "cattle id"),
    ),
    "tattoo": ("tattoo", "tattoo no", "tatoo", "tatouage"),
    "sex": ("sex", "gender", "sexe", "sexo", "geschlecht", "class"),
    "breed": ("breed", "race", "rasse", "raza", "breed code"),
    "birth_date": (
        *("birth date", "birthdate", "date of birth", "dob", "born", "birth", "bdate", "calving date"),
        *("geburtsdatum", "date de naissance", "fecha de nacimiento"),
    ),
    "group": (
        *("group", "group name", "group code", "grp", "pen", "lot", "mgmt group", "management group"),
        *("contemporary group", "cg", "scan group", "groupe", "gruppe", "lote"),
    ),
    "farm": ("farm", "farm name", "ranch", "premises", "site", "ferme", "hof"),
    "status": ("status", "state"),
    "weight_kg": (
        *("weight", "weight kg", "scan weight", "scan weight kg", "scan wt", "wt", "wt kg", "live weight", "lw"),
        *("live weight kg", "gewicht", "poids", "peso"),
    ),
    "weight_lb": ("weight lb", "weight lbs", "scan weight lb", "scan weight lbs", "scan wt lb", "wt lb", "wt lbs"),
    "weighed_on": ("weight date", "weigh date", "weighed", "weighed on", "date weighed", "scan weight date"),
    "scanned_on": ("scan date", "scanned", "scanned on", "date scanned"),
    "diet_code": ("diet", "diet code", "ration", "feed code"),
    "remarks": ("remarks", "remark", "notes", "note", "comment", "comments", "bemerkung", "remarques"),
    "position": ("position", "order", "chute order", "chute", "no", "nr", "seq", "sequence", "line", "row"),
}
WORDS: dict[str, str] = {
    "tag_id": "Tag",
    "rfid": "RFID",
    "tattoo": "Tattoo",
    "sex": "Sex",
    "breed": "Breed",
    "birth_date": "Birth date",
    "group": "Group",
    "farm": "Farm",
    "status": "Status",
    "weight_kg": "Scan weight kg",
    "weight_lb": "Scan weight lb",
    "weighed_on": "Weight date",
    "scanned_on": "Scan date",
    "diet_code": "Diet code",
    "remarks": "Remarks",
    "position": "Chute order",
}
"""How columns are headed in the files this product writes, and called in sentences. Each is among its own aliases."""
ANIMAL_COLUMNS = ("farm", "tag_id", "rfid", "sex", "breed", "birth_date", "group", "status")
BARN_SHEET_COLUMNS = (
    *("position", "tag_id", "tattoo", "rfid", "sex", "birth_date", "weight_kg", "weighed_on", "scanned_on"),
    *("group", "diet_code", "remarks"),
)
IDENTITY = frozenset({"tag_id", "rfid"})


def folded(head: str) -> str:
    """A head as it is compared."""
    return re.sub(r"[\W_]+", "", head.casefold())


KNOWN = {folded(alias): field for field, aliases in ALIASES.items() for alias in aliases}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which cell of a row is what. `used` leads from a field to its cell, `ignored` names heads nobody asked for."""

    used: dict[str, int]
    ignored: list[str]

    def of(self, cells: Sequence[str]) -> dict[str, str]:
        """The filled cells of a row by field."""
        return {field: cells[at] for field, at in self.used.items() if at < len(cells) and cells[at]}


def columns_of(head: Sequence[str], wanted: Sequence[str]) -> Columns:
    """Find the columns that are wanted. Raises BadTable without a tag or a transponder, or with one column twice."""
    used: dict[str, int] = {}
    ignored = []
    for at, name in enumerate(head):
        field = KNOWN.get(folded(name))
        if field == "weight_lb" and "weight_kg" in wanted:
            used.setdefault(field, at)
        elif field is None or field not in wanted:
            ignored += [name] if name else []
        elif field in used:
            raise BadTable(f"Two columns name the {WORDS[field].lower()}: {head[used[field]]} and {name}. Remove one.")
        else:
            used[field] = at
    if not IDENTITY & used.keys():
        seen = ", ".join(name for name in head if name)[:200]
        raise BadTable(f"No column is called Tag or RFID. The first row says: {seen}.")
    return Columns(used, ignored)
