"""Logging by structlog, to standard error: coloured lines on a terminal, one JSON object a line elsewhere.

No line holds a secret (P-21, F-64), whoever wrote it: fields are cleaned before they are cut, the finished line once
more. No field is long, and no line has many (F-65).
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from parley.redaction import REDACTOR
from parley.text import visible

if TYPE_CHECKING:
    import structlog

MAX_FIELD = 1000
"""Characters of a field; what is longer is cut, and says so."""
MAX_TRACE = 20_000
"""Characters of a traceback."""
MAX_FIELDS = 40
_LONG = {"exception": MAX_TRACE, "stack": MAX_TRACE, "threads": MAX_TRACE, "event": 4 * MAX_FIELD}


class Formatter(logging.Formatter):
    """Formats by another formatter and takes every secret out of the finished line.

    Args:
        inner: makes the line.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, without secrets."""
        return REDACTOR.clean(self._inner.format(record))


def bounded(_logger: object, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """A processor of structlog: fields without secrets, and none of them long."""
    kept = dict(list(event.items())[:MAX_FIELDS])
    if len(event) > MAX_FIELDS:
        kept["fields_left_out"] = len(event) - MAX_FIELDS
    return {
        key: value if key.startswith("_") else _short(value, _LONG.get(key, MAX_FIELD)) for key, value in kept.items()
    }


def _short(value: object, most: int) -> object:
    """A field's value, cleaned and cut; numbers and such stay what they are."""
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 1 << 64):
        return value
    text = REDACTOR.clean(value if isinstance(value, str) else repr(value))
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def shown(_logger: object, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """A processor for a terminal: what a stranger wrote into a field moves no cursor."""
    return {key: visible(value) if isinstance(value, str) else value for key, value in event.items()}


def _trace(out: TextIO, error: structlog.typing.ExcInfo) -> None:
    """A traceback likewise. Never rich's: they show the values of local variables, keys among them."""
    import structlog

    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    out.write("\n".join(map(visible, text.getvalue().split("\n"))))


def configure(level: str, style: str) -> None:
    """Set up logging for this process.

    Args:
        level: debug, info, warning or error.
        style: human, json, or auto: human if standard error is a terminal.
    """
    import structlog

    human = style == "human" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
    ]
    renderers: list[Any] = (
        [bounded, shown, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_trace)]
        if human
        else [structlog.processors.format_exc_info, bounded, structlog.processors.JSONRenderer()]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(formatter))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("web3", "urllib3", "asyncio", "numba", "ipfshttpclient"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # It warns whenever a cycle takes longer than the poll interval, which training always does.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=False,
    )


def catch_all() -> None:
    """Log what Python would print by itself, past the formatter: warnings, and what ends a thread."""
    logging.captureWarnings(True)
    threading.excepthook = _thread_died


def _thread_died(died: threading.ExceptHookArgs) -> None:
    name = died.thread.name if died.thread is not None else "unknown"
    trace = (died.exc_type, died.exc_value or died.exc_type(), died.exc_traceback)
    logging.getLogger("parley").error("thread %s ended by an error", name, exc_info=trace)
