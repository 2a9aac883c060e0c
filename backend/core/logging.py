"""Structured logs: one JSON object a line, with the request's and the capture's identifiers bound by context."""

import logging
import sys

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

SECRET_KEYS = frozenset({"password", "token", "secret", "authorization", "cookie", "set-cookie", "key", "signature"})


def _hide_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key.lower() in SECRET_KEYS:
            event[key] = "[hidden]"
    return event


def configure_logging(level: str, process: str) -> None:
    """Send our logs and the libraries' to standard error as JSON lines; `process` names web, worker or cli."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    renderer = structlog.processors.JSONRenderer(
        serializer=lambda value, **_: orjson.dumps(value, default=str).decode()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=max(logging.getLevelNamesMapping()[level], logging.INFO), handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger that adds `module=name` to each line."""
    return structlog.get_logger(module=name)  # type: ignore[no-any-return]
