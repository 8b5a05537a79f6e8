"""Structured logs: facts with fields, on the terminal or as JSON, in rotating files; secrets are masked last of all.

Logs go to stderr: stdout belongs to the answer of a command.
"""

from __future__ import annotations

import logging
import re
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import StringIO
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from stalkeer.core.security.plain_text import show_line
from stalkeer.secrets import mask_text

LOG_FILE = "stalkeer.log"
DOWNLOAD_LOG = "downloads.log"  # the lines that are about a download, once more: found by its number
LOG_NAME = re.compile(r"^[a-z-]+\.log(\.[0-9]{1,4})?$")
QUIET_LOGGERS = dict.fromkeys(("urllib3", "httpx2", "httpcore", "alembic", "asyncio", "sqlalchemy"), logging.WARNING)
QUIET_LOGGERS["stamina"] = logging.ERROR  # each retry a warning; what matters is said once, by the error that follows


@dataclass(frozen=True)
class LogTargets:
    """Where lines go. `file` rotates at `file_size` bytes; `files` old ones are kept."""

    level: str = "info"
    format: str = "console"  # console | json
    file: Path | None = None  # `DOWNLOAD_LOG` lies beside it
    file_size: int = 10_000_000
    files: int = 10
    stream: TextIO | None = None


class MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """The last step of every line: whatever a library or a traceback put into it, no secret leaves."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


def _harmless_values(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Show control characters as escapes: a title must neither forge a line nor steer a terminal."""
    return {name: _harmless(value) for name, value in event.items()}


def _harmless(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | BaseException | tuple):  # a tuple is exc_info
        return value
    return show_line(value if isinstance(value, str) else str(value))


def _plain_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    """Every line of a traceback begins with a bar: the message of an error must not look like a line of the log."""
    told = StringIO()
    structlog.dev.plain_traceback(told, exc_info)
    stream.write("\n".join(f"  | {show_line(line)}" for line in told.getvalue().splitlines()))


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def use_standard_logging() -> None:
    """Hand every fact to the standard library's loggers: without a handler of ours nothing is printed on stdout."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def configure_logging(targets: LogTargets) -> None:
    """Set up the process's logging; calling it again replaces the former set-up."""
    use_standard_logging()
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, MaskingFormatter):
            root.removeHandler(handler)
            handler.close()
    stream = targets.stream or sys.stderr
    root.addHandler(_with_format(logging.StreamHandler(stream), targets.format, colours=stream.isatty()))
    if targets.file is not None:
        targets.file.parent.mkdir(parents=True, exist_ok=True)
        root.addHandler(_rotating(targets.file, targets))
        of_downloads = _rotating(targets.file.with_name(DOWNLOAD_LOG), targets)
        of_downloads.addFilter(_is_about_a_download)
        root.addHandler(of_downloads)
    for name, level in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    set_level(targets.level)


def _rotating(path: Path, targets: LogTargets) -> logging.Handler:
    handler = RotatingFileHandler(
        path, maxBytes=targets.file_size, backupCount=targets.files, encoding="utf-8", delay=True
    )
    return _with_format(handler, "json", colours=False)


def _is_about_a_download(record: logging.LogRecord) -> bool:
    said = record.msg.get("download") if isinstance(record.msg, dict) else None
    return said is not None or "download" in structlog.contextvars.get_contextvars()


def about_download(number: int) -> AbstractContextManager[None]:
    """Every line that is logged inside, by whichever library, names this download."""
    return structlog.contextvars.bound_contextvars(download=number)


def _with_format(handler: logging.Handler, form: str, *, colours: bool) -> logging.Handler:
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    else:
        last += [
            _harmless_values,
            structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_plain_traceback),
        ]
    handler.setFormatter(MaskingFormatter(foreign_pre_chain=_shared_processors(), processors=last))
    return handler


def set_level(level: str) -> None:
    """Change what is logged from now on: debug, info, warning or error."""
    logging.getLogger().setLevel(level.upper())


def current_level() -> str:
    return logging.getLevelName(logging.getLogger().level).lower()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """`get_logger(__name__)`; log events are facts with fields: `log.info("refresh done", source=slug, added=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
