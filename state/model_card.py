"""A model's card in a dialog: Markdown cut into plain blocks, so that nothing in it can be more than text."""

import re
from dataclasses import dataclass

from backend.registry import service as registry
from state.base import AppState, signed_in

BULLET = re.compile(r"^\s*[-*]\s+")
EMPHASIS = re.compile(r"(\*\*|__|`)")
RULE = re.compile(r"^\|?[\s:|-]+\|?$")


@dataclass
class Block:
    """A piece of a card: `heading`, `text`, `item`, or `row` of a table, whose cells are joined by a dot."""

    kind: str
    text: str


def blocks_of(card: str) -> list[Block]:
    """The blocks of a card. Lines of a paragraph are joined; emphasis is dropped."""
    blocks: list[Block] = []
    joins = False
    for line in card.splitlines():
        block = _block(EMPHASIS.sub("", line).strip())
        if block is None:
            joins = joins and bool(line.strip())
            continue
        if joins and block.kind == "text" and blocks[-1].kind in {"text", "item"}:
            blocks[-1].text += f" {block.text}"
        else:
            blocks.append(block)
        joins = block.kind in {"text", "item"}
    return blocks


def _block(line: str) -> Block | None:
    if not line or (line.startswith("|") and RULE.match(line)):
        return None
    if line.startswith("#"):
        return Block("heading", line.lstrip("#").strip())
    if BULLET.match(line):
        return Block("item", BULLET.sub("", line))
    if line.startswith("|"):
        return Block("row", " · ".join(cell.strip() for cell in line.strip("|").split("|")))
    return Block("text", line)


class ModelCardState(AppState):
    """The card that is open; none while `card_of` is empty."""

    card_of: str = ""
    card: list[Block] = []

    @signed_in
    async def open_card(self, reference: str) -> None:
        """Read a model's card."""
        async with self._unit(read_only=True) as uow:
            self.card = blocks_of(await registry.card(uow, str(reference)))
        self.card_of = str(reference)

    @signed_in
    def close_card(self) -> None:
        """Close it."""
        self.card_of, self.card = "", []
