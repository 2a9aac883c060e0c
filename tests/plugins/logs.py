"""Log lines in a test's captured output: plain, so that a traceback costs no seconds of drawing."""

import logging
from collections.abc import Iterator

import pytest
import structlog


def pytest_configure(config: pytest.Config) -> None:
    plain_lines()


def plain_lines() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["level", "event"], bool_as_flag=False),
        ]
    )


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """For tests that run a command in this process, which sends logs to a stream that ends with it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()
    plain_lines()
    structlog.contextvars.clear_contextvars()
