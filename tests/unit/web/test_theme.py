import re
from itertools import product

import pytest

from components import theme
from components.pill import REVIEW_TONES, STATUS_TONES, TONES

AA_TEXT = 4.5
AA_CONTROL = 3.0
GROUNDS = ("background", "surface", "raised", "hover")
TINTED = ("accent", "info", "warning", "danger")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def shades(name: str) -> tuple[str, str]:
    token = theme.COLOURS[name]
    return token.light, token.dark


@pytest.mark.parametrize(("text", "ground"), list(product(("text", "muted"), GROUNDS)))
def test_text_reads_well_on_every_ground(text: str, ground: str) -> None:
    for colour, behind in zip(shades(text), shades(ground), strict=True):
        assert contrast(colour, behind) >= AA_TEXT


@pytest.mark.parametrize("tone", TINTED)
def test_a_coloured_word_reads_well_on_its_tint_and_on_a_card(tone: str) -> None:
    for behind in (f"{tone}-tint", "surface", "background"):
        for colour, ground in zip(shades(tone), shades(behind), strict=True):
            assert contrast(colour, ground) >= AA_TEXT, (tone, behind)


@pytest.mark.parametrize("ground", ["neutral-tint", "info-tint", "accent-tint"])
def test_muted_text_reads_well_on_tinted_rows(ground: str) -> None:
    for colour, behind in zip(shades("muted"), shades(ground), strict=True):
        assert contrast(colour, behind) >= AA_TEXT


@pytest.mark.parametrize(("word", "ground"), [("on-accent", "accent"), ("on-danger", "danger")])
def test_the_word_on_a_filled_button_reads_well(word: str, ground: str) -> None:
    for behind in (ground, f"{ground}-strong"):
        for colour, filled in zip(shades(word), shades(behind), strict=True):
            assert contrast(colour, filled) >= AA_TEXT


@pytest.mark.parametrize("word", ["on-image", "on-image-muted"])
def test_words_on_an_image_read_well(word: str) -> None:
    for colour, ground in zip(shades(word), shades("image"), strict=True):
        assert contrast(colour, ground) >= AA_TEXT


def test_the_edge_of_a_field_can_be_seen() -> None:
    for colour, ground in zip(shades("control"), shades("surface"), strict=True):
        assert contrast(colour, ground) >= AA_CONTROL


def test_both_themes_define_the_same_variables() -> None:
    light, dark = theme.variables_css().split(".dark")
    names = re.compile(r"--([a-z-]+):")
    assert set(names.findall(dark)) == set(names.findall(light)) - theme.LAYERS.keys()


def test_every_status_and_review_has_its_colour() -> None:
    assert set(STATUS_TONES) >= {"uploaded", "ingested", "graded", "error"}
    assert set(REVIEW_TONES) == {"unreviewed", "accepted", "marginal", "rejected"}
    assert {*STATUS_TONES.values(), *REVIEW_TONES.values()} <= TONES.keys()


def test_colours_are_written_nowhere_but_in_the_theme() -> None:
    here = theme.BASE_CSS.parent
    colour = re.compile(r"#[0-9a-fA-F]{6}\b|\brgb\(")
    found = {
        str(file)
        for file in [*here.rglob("*.py"), *here.parent.joinpath("pages").rglob("*.py")]
        if file.name != "theme.py" and colour.search(file.read_text())
    }
    assert not found
