"""What the frontend build needs beyond Reflex's own steps, as one build plugin.

It writes the theme, and makes pages talk to the host and port they came from: Reflex would build the port in,
while one build must serve any port, host name or proxy. Elements are React's own: Emotion, 12 kB on every page, is for
styles in properties, and ours are classes. What many pages share comes in one file: a slow line takes a turn for each.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from reflex_base.plugins import Plugin

from components import theme

FIXED_ENDPOINT: Final = "endpoint.hostname = frontend_hostname;"
OWN_ENDPOINT: Final = "endpoint.host = window.location.host;"
FIXED_PORT: Final = 'endpoint.port = ""; // Assume websocket is on https port via load balancer.'
RUNTIME: Final = "utils/state.js"
BUNDLER: Final = "vite.config.js"
ALIASES: Final = "alias: ["
ELEMENTS: Final = Path("utils", "elements.js")
ELEMENTS_JS: Final = 'export { createElement as jsx } from "react";\n'
OWN_ELEMENTS: Final = f"""{ALIASES}
      {{
        find: "@emotion/react",
        replacement: fileURLToPath(new URL("./{ELEMENTS.as_posix()}", import.meta.url)),
      }},"""
GROUPS: Final = "groups: ["
OWN_GROUPS: Final = f"""{GROUPS}
            {{ name: "frame", minShareCount: 12, priority: 2 }},
            {{ name: "icons", test: /lucide-react/, minShareCount: 2, priority: 1 }},"""
ENTRY: Final = "app/entry.client.js"
SLICED: Final = """startTransition(() => {
  hydrateRoot(document, createElement(HydratedRouter));
});"""
AT_ONCE: Final = "// In one go.\nhydrateRoot(document, createElement(HydratedRouter));"
THEME: Final = "theme.css"


class FrontendChanged(Exception):
    """Reflex's runtime no longer holds the lines this plugin replaces: look at it before raising the pinned version."""


def same_origin(runtime: str) -> str:
    """Make the browser runtime connect to where the page came from, whatever host and port that is."""
    for line, own in ((FIXED_ENDPOINT, OWN_ENDPOINT), (FIXED_PORT, "")):
        if own and own in runtime:
            continue
        if line not in runtime and own:
            raise FrontendChanged(f"{RUNTIME} does not hold {line!r}")
        runtime = runtime.replace(line, own)
    return runtime


def plain_elements(bundler: str) -> str:
    """Have the bundler take React's own elements wherever Emotion's are asked for."""
    return _told(bundler, ALIASES, OWN_ELEMENTS)


def few_files(bundler: str) -> str:
    """Have the bundler put into one file what most pages share, and into another the icons that several do."""
    return _told(bundler, GROUPS, OWN_GROUPS)


def hydrated_at_once(entry: str) -> str:
    """Have the page brought to life in one go: in slices, a slow phone draws a frame after each, for twice the time."""
    return _told(entry, SLICED, AT_ONCE, ENTRY)


def _told(source: str, known: str, own: str, file: str = BUNDLER) -> str:
    if own in source:
        return source
    if known not in source:
        raise FrontendChanged(f"{file} does not hold {known!r}")
    return source.replace(known, own, 1)


class CtiFrontend(Plugin):
    """Adds the theme stylesheet, the same-origin connection and plain elements to every build."""

    def get_stylesheet_paths(self, **_context: Any) -> Sequence[str]:
        return [f"./{THEME}"]

    def get_static_assets(self, **_context: Any) -> Sequence[tuple[Path, str | bytes]]:
        return [(Path("styles") / THEME, theme.theme_css()), (ELEMENTS, ELEMENTS_JS)]

    def pre_compile(self, **context: Any) -> None:
        context["add_modify_task"](RUNTIME, same_origin)
        context["add_modify_task"](BUNDLER, plain_elements)
        context["add_modify_task"](BUNDLER, few_files)
        context["add_modify_task"](ENTRY, hydrated_at_once)
