"""A page that runs a widget's own modules as they lie in the source, without a build and without a server.

An import map leads the build's `$/public/external/` to the files beside the Python modules that name them.
"""

from pathlib import Path

from playwright.async_api import Browser, Page, Route

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://widgets.test"
HTML = """<!doctype html><script type="importmap">{"imports": {"$/public/external/": "/"}}</script>"""


async def widget_page(browser: Browser) -> Page:
    """An empty page on which `import("$/public/external/…")` finds the widgets' modules."""
    page = await browser.new_page()
    await page.route(f"{ORIGIN}/**", _serve)
    await page.goto(f"{ORIGIN}/")
    return page


async def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(f"{ORIGIN}/")
    if not path:
        await route.fulfill(content_type="text/html", body=HTML)
        return
    folder, _module, name = path.rsplit("/", 2)
    await route.fulfill(content_type="text/javascript", body=(ROOT / folder / name).read_text())
