"""Which key does what while images are judged; each reader may choose their own."""

from collections.abc import Mapping
from typing import Final

from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Invalid
from backend.reviews import repository
from backend.scans.doors import require_worker

USUAL: Final[dict[str, str]] = {
    "accept": "A",
    "marginal": "M",
    "reject": "R",
    "undo": "Z",
    "rea": "T",
    "backfat": "B",
    "mask": "Space",
    "back": "ArrowLeft",
    "skip": "ArrowRight",
}
"""Each act and its usual key, as browsers name keys."""
NAMED: Final = frozenset({"Space", "Enter", "Backspace", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"})
TAKEN: Final[dict[str, str]] = {
    **{str(number): "gives a reason" for number in range(1, 10)},
    "0": "fits the image to the window",
    "E": "opens the editor",
    "?": "shows the keys",
    "+": "zooms in",
    "=": "zooms in",
    "-": "zooms out",
    "V": "moves the image",
    "I": "adjusts the image",
    "W": "takes the image along",
    "C": "measures a distance",
    "H": "shows the crosshair",
    "Y": "turns black and white round",
    **dict.fromkeys(("O", "P", "U", "F", "L", "D", "K"), "shows an outline"),
}
"""Keys that do something else while an image is judged."""


async def keys_of(uow: UnitOfWork) -> dict[str, str]:
    """The asker's keys, the usual ones where none were chosen. Raises Forbidden."""
    require_worker(uow.actor)
    chosen = await repository.chosen_keys(uow)
    return USUAL | {act: str(key) for act, key in (chosen or {}).items() if act in USUAL}


async def choose_keys(uow: UnitOfWork, wanted: Mapping[str, str]) -> dict[str, str]:
    """Keep the asker's choice; acts left out keep the usual key. Raises Forbidden, Invalid that names each clash."""
    require_worker(uow.actor)
    chosen = USUAL | {act: clean(key) for act, key in wanted.items()}
    wrong = [FieldError(path=act, message=said) for act, said in problems_of(chosen).items()]
    if wrong:
        raise Invalid(errors=wrong)
    kept = {act: key for act, key in chosen.items() if USUAL[act] != key}
    await repository.keep_keys(uow, kept)
    return chosen


def clean(typed: str) -> str:
    """A key as browsers name it: one letter is written large, a blank is `Space`."""
    if typed == " ":
        return "Space"
    text = typed.strip()
    return text.upper() if len(text) == 1 else next((one for one in NAMED if one.lower() == text.lower()), text)


def problems_of(chosen: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with each key of a choice, by act; empty where nothing is."""
    return {act: said for act, key in chosen.items() if (said := _problem(act, key, chosen))}


def _problem(act: str, key: str, chosen: Mapping[str, str]) -> str:
    if act not in USUAL:
        return "is nothing a key can do"
    if key not in NAMED and not (len(key) == 1 and key.isprintable()):
        return "must be one letter, or Space, Enter, Backspace or an arrow"
    if key in TAKEN:
        return f"cannot be {key}, which {TAKEN[key]}"
    same = [other for other, its in chosen.items() if its == key and other != act]
    return f"cannot be {key}, which does something else already" if same else ""
