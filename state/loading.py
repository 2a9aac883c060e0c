"""What every page that loads something shares: whether it has, and what went wrong, in words for its error state."""

from collections.abc import Iterator
from contextlib import contextmanager

import reflex as rx

from backend.core.errors import CtiError

UNEXPECTED = "Something went wrong on our side. It has been logged; try again in a moment."


class Loading(rx.State, mixin=True):
    """`loaded` turns true with the first answer; `problem` is empty unless the last one failed.

    A page closes the dialogs of an earlier visit when it loads, but only if it has `loaded` before: on the first visit
    a quick hand may have opened one already.
    """

    loaded: bool = False
    problem: str = ""

    @contextmanager
    def _loading(self) -> Iterator[None]:
        """Note how loading went. What was expected to fail becomes the page's error state, not a message.

        A fault of ours becomes one too, and goes on to be logged: no page is left waiting for what will not come.
        """
        try:
            yield
        except CtiError as error:
            self.problem = error.detail
        except Exception:
            self.problem = UNEXPECTED
            raise
        else:
            self.problem = ""
        finally:
            self.loaded = True
