"""Where the build finds a widget's JavaScript and CSS.

Reflex's own `rx.asset` walks the whole call stack with its source lines to learn who calls: a fifth of the web
process's start. Here the caller says its name.
"""

import sys
from pathlib import Path
from typing import Final
from uuid import uuid4

from reflex_base.environment import environment

LINKS: Final = Path("assets", "external")


def source(module: str, name: str) -> str:
    """The import path of the file `name` beside `module`, linked into the build unless only the server runs.

    Raises FileNotFoundError when there is no such file.
    """
    file = Path(str(sys.modules[module].__file__)).with_name(name)
    if not file.exists():
        raise FileNotFoundError(file)
    place = Path(*module.split("."), name)
    if not environment.REFLEX_BACKEND_ONLY.get():
        _link(LINKS / place, file)
    return f"$/public/external/{place.as_posix()}"


def _link(link: Path, file: Path) -> None:
    """Have `link` lead to `file`, in one step, so that builds running side by side do not trip over each other."""
    if link.is_symlink() and link.readlink() == file:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    draft = link.with_name(f".{link.name}.{uuid4().hex}")
    draft.symlink_to(file)
    draft.replace(link)
