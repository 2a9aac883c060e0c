"""A model's card is cut into blocks of plain text."""

from state.model_card import Block, blocks_of

CARD = """# Ribeye

Trained on **simulation**,
not validated on real cattle.

- finds the `ribeye`
  in one image
* and the fat

| measure | error |
|---|---:|
| REA | 3.2 cm² |

<script>alert(1)</script>
"""


def test_a_card_becomes_headings_paragraphs_items_and_rows() -> None:
    assert blocks_of(CARD) == [
        Block("heading", "Ribeye"),
        Block("text", "Trained on simulation, not validated on real cattle."),
        Block("item", "finds the ribeye in one image"),
        Block("item", "and the fat"),
        Block("row", "measure · error"),
        Block("row", "REA · 3.2 cm²"),
        Block("text", "<script>alert(1)</script>"),
    ]


def test_a_blank_line_ends_a_paragraph() -> None:
    assert blocks_of("one\n\ntwo") == [Block("text", "one"), Block("text", "two")]


def test_an_empty_card_is_no_block() -> None:
    assert blocks_of("") == []
