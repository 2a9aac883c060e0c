"""HTML to PDF, in a thread, out of our own bytes alone: nothing is fetched from anywhere.

The font is the product's own; pictures come with the page. Any other address is refused.
"""

from collections.abc import Mapping

from backend.core.blocking import BlockingPool
from backend.core.errors import Unavailable

DEADLINE_S = 120.0
_pool = BlockingPool("reports", threads=1, deadline_s=DEADLINE_S)


class PrintingBusy(Unavailable):
    code, title = "printing_busy", "Too many reports are being made at the moment"


def to_pdf(html: str, pictures: Mapping[str, bytes]) -> bytes:
    """Print a page. Blocking, some hundred milliseconds a page; a second more for the first one."""
    from backend.reports.printer import write_pdf

    return write_pdf(html, pictures)


async def print_page(html: str, pictures: Mapping[str, bytes]) -> bytes:
    """The same off the event loop, one page at a time. Raises PrintingBusy when its turn takes too long."""
    try:
        return await _pool.run(lambda: to_pdf(html, pictures))
    except TimeoutError as error:
        raise PrintingBusy(retry_after_s=30) from error
