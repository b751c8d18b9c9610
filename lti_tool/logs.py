"""The log: one line for each event, JSON for machines or text for people, and nobody's secret in it.

Code keeps using `logging.getLogger(__name__)`; gunicorn, Huey, SQLAlchemy and Alembic write through the same
formatter. Fields are given by `extra={…}`; the request's id stands on every line that a request causes.
"""

import logging
import re
import sys
import traceback

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from lti_tool.log_masks import HIDDEN, masked_text, masked_value

# Ours, and made by us: long, random, and needed to find the lines of one request.
KEPT_AS_THEY_ARE = frozenset({"request_id", "timestamp", "level", "logger", "_record", "_from_structlog"})
# Put onto the record by another handler that formatted it before.
SAID_ALREADY = frozenset({"message", "asctime"})
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What others say at their usual level is about their own inner life.
QUIET = dict.fromkeys(("alembic", "huey", "sqlalchemy", "werkzeug"), logging.WARNING)
# Kinds of exceptions whose messages quote what a machine said, never what a person wrote.
QUOTES_NOBODY = (
    "OSError",
    "TypeError",
    "AttributeError",
    "NameError",
    "ImportError",
    "RecursionError",
    "MemoryError",
    "SQLAlchemyError",
    "RedisError",
    "HueyException",
    "ToolError",
    "RoutingException",
    "TemplateError",
    # The drivers' own errors, of SQLite and of PostgreSQL.
    "Error",
)


class _Handler(logging.StreamHandler):
    """Writes to the standard error of the moment, so that whoever redirects it gets the log too."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self):
        return sys.stderr


def install(log_format: str, level: int = logging.INFO) -> None:
    """Send every log of this process to standard error, in one format. May be called again.

    :param log_format: `json` or `text` (the setting LOG_FORMAT).
    """
    handler = _Handler()
    handler.setFormatter(formatter(log_format))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(True)


def formatter(log_format: str) -> ProcessorFormatter:
    """The formatter of all lines."""
    shape = structlog.processors.JSONRenderer(ensure_ascii=False) if log_format == "json" else _as_text
    return ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            add_log_level,
            add_logger_name,
            ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[_tell_exception, _mask, ProcessorFormatter.remove_processors_meta, shape],
    )


def _tell_exception(logger, method, event: dict) -> dict:
    """Put an exception into words: where it came from, its kind, and its message where that quotes nobody."""
    given = event.pop("exc_info", None)
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    elif given and not isinstance(given, tuple):
        given = sys.exc_info()
    if given and given[1] is not None:
        event["exception"] = "\n".join(_lines_of(given[1]))
    return event


def _lines_of(error: BaseException, deepest: int = 5) -> list[str]:
    """The frames of an exception and of those that led to it, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = []
    if before is not None and deepest:
        lines = [*_lines_of(before, deepest - 1), "which led to:"]
    # The lines of our own source are no secret; what variables held is not shown.
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}")
    lines.append(f"{type(error).__module__}.{type(error).__qualname__}: {_message_of(error)}")
    return lines


def _message_of(error: BaseException) -> str:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    # A database's errors quote rows from their second line on.
    return masked_text(str(error).partition("\n")[0]) if kinds.intersection(QUOTES_NOBODY) else HIDDEN


def _mask(logger, method, event: dict) -> dict:
    return {
        name: value if name in KEPT_AS_THEY_ARE else masked_value(name, value)
        for name, value in event.items()
        if name not in SAID_ALREADY
    }


def _as_text(logger, method, event: dict) -> str:
    """A line for people: when, how serious, what, the rest as name=value, an exception below it."""
    exception = event.pop("exception", None)
    when, level = event.pop("timestamp"), event.pop("level")
    said, event = event.pop("event"), dict(event)
    event.pop("logger", None)
    rest = "".join(f" {name}={value}" for name, value in event.items())
    # Nobody begins a line of their own: an address may hold a line break.
    line = CONTROL.sub(" ", f"{when} {level:<7} {said}{rest}")
    return line + (f"\n{exception}" if exception else "")
