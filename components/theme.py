"""The look of the product as data: every colour, size and font, for light and dark, in one place.

Components name these tokens through Tailwind utilities (`bg-surface`, `text-muted`, `border-line`); the build writes
them as CSS variables (`theme.css`) and tells Tailwind their names, so that a change here changes every page.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from components.problems import notes_css

FONT_URL: Final = "/fonts/inter-5.3.0-basic.woff2"
BASE_CSS: Final = Path(__file__).parent / "theme.css"


@dataclass(frozen=True, slots=True)
class Token:
    """One colour by its role: what it is in the light theme and in the dark one."""

    light: str
    dark: str


# Muted, info and warning are a shade darker in light than first drawn: on their own tints they fell under AA.
COLOURS: Final[dict[str, Token]] = {
    "background": Token("#f7f8f6", "#0e1311"),
    "surface": Token("#ffffff", "#151b18"),
    "raised": Token("#ffffff", "#1a211d"),
    "hover": Token("#f1f4f1", "#1b2320"),
    "line": Token("#e3e7e2", "#27302b"),
    "control": Token("#86918a", "#66736c"),
    "text": Token("#17201b", "#e6ece8"),
    "muted": Token("#5f6c64", "#93a199"),
    "accent": Token("#1f7a53", "#4cc38a"),
    "accent-strong": Token("#19643f", "#6fd3a3"),
    "accent-tint": Token("#e4f2ea", "#12301f"),
    "on-accent": Token("#ffffff", "#0a1a12"),
    "info": Token("#2a66c4", "#79a8f0"),
    "info-tint": Token("#e6effb", "#14233c"),
    "warning": Token("#9a5f08", "#e2b25a"),
    "warning-tint": Token("#fbf0dc", "#33260c"),
    "danger": Token("#b83527", "#f0857a"),
    "danger-strong": Token("#9b2a1e", "#f5a39a"),
    "danger-tint": Token("#fbe8e5", "#3a1815"),
    "on-danger": Token("#ffffff", "#2a0d0a"),
    "neutral-tint": Token("#eef1ee", "#1d2521"),
    "skeleton": Token("#e7ebe7", "#202924"),
    "scrim": Token("rgb(10 13 11 / .45)", "rgb(0 0 0 / .62)"),
    "image": Token("#0a0d0b", "#0a0d0b"),
    "on-image": Token("#e6ece8", "#e6ece8"),
    "on-image-muted": Token("#93a199", "#93a199"),
}

LAYERS: Final[dict[str, str]] = {
    "layer-ribeye": "#4cc38a",
    "layer-fat": "#ffd166",
    "layer-device": "#79a8f0",
    "layer-correction": "#ff6bd6",
    "layer-second": "#5cd6ff",
}
"""Contours over an image; the same in both themes, because an image is always on near-black."""

SIZES: Final[dict[str, tuple[str, str]]] = {
    "xs": ("12px", "16px"),
    "sm": ("13px", "18px"),
    "base": ("14px", "20px"),
    "lg": ("16px", "24px"),
    "title": ("20px", "28px"),
    "figure": ("26px", "32px"),
}
"""Font size and line height by name."""


def _block(selector: str, variables: dict[str, str]) -> str:
    lines = "".join(f"  --{name}: {value};\n" for name, value in variables.items())
    return f"{selector} {{\n{lines}}}\n"


def variables_css() -> str:
    """The tokens as CSS variables: light on :root, dark under `.dark`."""
    light = {name: token.light for name, token in COLOURS.items()} | LAYERS
    dark = {name: token.dark for name, token in COLOURS.items()}
    return _block(":root", light) + _block(".dark", dark)


def theme_css() -> str:
    """The whole theme stylesheet: tokens first, then the base rules beside this module."""
    return variables_css() + BASE_CSS.read_text(encoding="utf-8") + notes_css()


def tailwind_config() -> dict[str, Any]:
    """What the Tailwind plugin needs to know: the class-based dark variant and the names of our tokens."""
    return {
        "darkMode": "class",
        "theme": {
            "extend": {
                "colors": {name: f"var(--{name})" for name in (*COLOURS, *LAYERS)},
                "fontSize": {name: [size, {"lineHeight": height}] for name, (size, height) in SIZES.items()},
                "fontFamily": {"sans": ["Inter", "Inter Fallback", "system-ui", "sans-serif"]},
                "borderRadius": {"control": "8px", "card": "12px"},
                "transitionDuration": {"DEFAULT": "150ms"},
            }
        },
        "plugins": [],
    }
