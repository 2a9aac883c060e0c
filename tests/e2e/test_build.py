"""The built frontend itself: how heavy its pages are, and what must never be in it."""

import gzip
import json
import re
from pathlib import Path

import pytest

from pages.routes import ROUTES
from tests.plugins.web import BUILT

pytestmark = pytest.mark.e2e
CLIENT = BUILT / "build" / "client"
JS_BYTES, CSS_BYTES, MAP_BYTES = 185_000, 15_000, 300_000
JS_FILES = 20
ASSET = re.compile(r'(?:href|src|from|import\()\s*=?\s*"(/assets/[^"]+)"')
SHARED_IMPORT = re.compile(r'(?:from|import)\s*"\./([^"]+\.js)"')
STATIC = [route for route in ROUTES if "[" not in route.path and route.path.startswith("/")]
LIGHT = [route.path for route in STATIC]


def page_file(path: str) -> Path:
    return CLIENT / path.strip("/") / "index.html"


def loaded(path: str) -> set[Path]:
    """Every file the page needs before it works: named in its HTML, or imported by one that is."""
    waiting = {CLIENT / re.split("[?#]", name.lstrip("/"))[0] for name in ASSET.findall(page_file(path).read_text())}
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        found.add(file)
        if file.suffix == ".js":
            imported = {file.parent / name for name in SHARED_IMPORT.findall(file.read_text())}
            waiting |= imported - found
    return found


def packed(files: set[Path], suffix: str) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 6)) for file in files if file.suffix == suffix)


@pytest.mark.parametrize("path", LIGHT)
def test_a_page_is_light(path: str) -> None:
    files = loaded(path)
    assert packed(files, ".js") <= JS_BYTES, sorted((len(gzip.compress(f.read_bytes(), 6)), f.name) for f in files)[-6:]
    assert packed(files, ".css") <= CSS_BYTES


@pytest.mark.parametrize("path", LIGHT)
def test_a_page_asks_for_few_files(path: str) -> None:
    """A browser asks for six at a time, and a slow line takes a turn for each."""
    assert len([file for file in loaded(path) if file.suffix == ".js"]) <= JS_FILES


def test_no_element_carries_styles_in_its_properties() -> None:
    """Elements are React's own, which would drop them."""
    sources = [*(BUILT / "app").rglob("*.jsx"), *(BUILT / "utils").rglob("*.jsx")]
    assert sources
    assert not [file.name for file in sources if re.search(r"\bcss:\s*\(?\{", file.read_text())]


def test_no_library_came_in_that_makes_every_page_heavy() -> None:
    packages = json.loads((BUILT / "package.json").read_text())
    installed = {**packages["dependencies"], **packages["devDependencies"]}
    assert not {name for name in installed if name.startswith("@radix-ui/themes") or name == "sonner"}


@pytest.mark.parametrize("route", STATIC, ids=lambda route: route.path)
def test_every_page_is_drawn_before_any_script_runs(route: object) -> None:
    html = page_file(getattr(route, "path", "")).read_text()
    assert "<main" in html
    assert f"<title>{getattr(route, 'title', '')} · CTI</title>" in html


def test_pages_talk_to_the_host_they_came_from() -> None:
    runtime = "".join(file.read_text() for file in (CLIENT / "assets").glob("*.js"))
    assert re.search(r"\.host\s*=\s*window\.location\.host\b", runtime)


def test_nothing_is_fetched_from_another_host() -> None:
    foreign = re.compile(r"""(?:src|href|url\()\s*=?\s*["'(]?(?:https?:)?//(?!www\.w3\.org)[a-z]""")
    named = [*CLIENT.rglob("*.html"), *(CLIENT / "assets").glob("*.css")]
    assert not {file.name for file in named if foreign.search(file.read_text())}


def test_the_committed_lock_names_no_registry() -> None:
    lock = Path(__file__).resolve().parents[2] / "reflex.lock"
    text = "".join(file.read_text() for file in lock.iterdir())
    assert '"resolved"' not in text
    assert '"integrity"' in text


def test_a_page_with_a_map_keeps_to_the_maps_budget() -> None:
    lazy = {file for file in (CLIENT / "assets").glob("*.js") if "leaflet-container" in file.read_text()}
    assert lazy, "Leaflet is nowhere in the build"
    assert not lazy & loaded("/map"), "the map is loaded before its page is drawn"
    assert packed(loaded("/map") | lazy, ".js") <= MAP_BYTES
