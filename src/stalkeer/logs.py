"""Write structured logs: facts with fields, on the terminal or as JSON, in rotating files. Secrets are masked last.

Logs go to stderr, because stdout carries the result of a command.
"""

from __future__ import annotations

import gzip
import logging
import re
import shutil
import sys
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from io import StringIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from stalkeer.core.security.plain_text import show_line
from stalkeer.log_floods import AwayFilter
from stalkeer.private_files import make_private_folder, open_private
from stalkeer.secrets import mask_text

LOG_FILE = "stalkeer.log"
DOWNLOAD_LOG = "downloads.log"  # a copy of all lines about downloads, to search by download number
LOG_NAME = re.compile(r"^[a-z-]+\.log(\.[0-9]{1,4}(\.gz)?)?$")
QUIET_LOGGERS = dict.fromkeys(("urllib3", "httpx2", "httpcore", "alembic", "asyncio", "sqlalchemy"), logging.WARNING)
QUIET_LOGGERS["stamina"] = logging.ERROR  # stamina warns at each retry, and the final error is logged anyway


@dataclass(frozen=True)
class LogTargets:
    """Describe the targets of log lines. `file` rotates at `file_size` bytes; `files` old files are kept."""

    level: str = "info"
    format: str = "console"  # console | json
    file: Path | None = None  # `DOWNLOAD_LOG` is in the same folder
    file_size: int = 10_000_000
    files: int = 10
    stream: TextIO | None = None


class MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """Mask the secrets in the finished line, including text from libraries and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


def _harmless_values(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Show control characters as escapes, so that a title can neither forge a log line nor control a terminal."""
    return {name: _harmless(value) for name, value in event.items()}


def _harmless(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | BaseException | tuple):  # a tuple is exc_info
        return value
    return show_line(value if isinstance(value, str) else str(value))


def _plain_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    """Begin every line of a traceback with a bar, so that an error's message cannot look like a log line."""
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
    """Send all log events to the standard library's loggers. Without our handlers, nothing goes to stdout."""
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
    """Set up logging for this process. A repeated call replaces the previous set-up."""
    use_standard_logging()
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, MaskingFormatter):
            root.removeHandler(handler)
            handler.close()
    stream = targets.stream or sys.stderr
    root.addHandler(_with_format(logging.StreamHandler(stream), targets.format, colours=stream.isatty()))
    if targets.file is not None:
        _add_files(root, targets.file, targets)
    for name, level in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    set_level(targets.level)


def _add_files(root: logging.Logger, path: Path, targets: LogTargets) -> None:
    """Add the files of the log. Where their folder cannot be made, the log goes to the terminal alone."""
    try:
        make_private_folder(path.parent)
    except OSError as error:
        get_logger(__name__).error("no log file is written", folder=str(path.parent), reason=error.strerror)
        return
    root.addHandler(_rotating(path, targets))
    of_downloads = _rotating(path.with_name(DOWNLOAD_LOG), targets)
    of_downloads.addFilter(_is_about_a_download)
    root.addHandler(of_downloads)


class PrivateLogFile(RotatingFileHandler):
    """Write rotating log files that only their owner can read. Rotated files are compressed.

    A line that cannot be written, for example to a full disk, is dropped: the terminal shows it as well.
    """

    def rotation_filename(self, default_name: str) -> str:
        return f"{default_name}.gz"

    def rotate(self, source: str, dest: str) -> None:
        """Compress the file. Keep it as it is where that fails, for example on a full disk."""
        whole, unfinished = Path(source), Path(f"{dest}.part")
        try:
            with whole.open("rb") as plain, open_private(unfinished) as file, gzip.open(file, "wb") as packed:
                shutil.copyfileobj(plain, packed)
            unfinished.replace(dest)
            whole.unlink()
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            if whole.exists():
                whole.replace(dest.removesuffix(".gz"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of the library
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)

    def _open(self) -> TextIOWrapper:
        file = open_private(Path(self.baseFilename), f"{self.mode}b")
        return TextIOWrapper(file, encoding=self.encoding, errors=self.errors)


def open_log(path: Path) -> TextIO:
    """Open a log file for reading, compressed or not."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def _rotating(path: Path, targets: LogTargets) -> logging.Handler:
    handler = PrivateLogFile(path, maxBytes=targets.file_size, backupCount=targets.files, encoding="utf-8", delay=True)
    return _with_format(handler, "json", colours=False)


def _is_about_a_download(record: logging.LogRecord) -> bool:
    said = record.msg.get("download") if isinstance(record.msg, dict) else None
    return said is not None or "download" in structlog.contextvars.get_contextvars()


def about_download(number: int) -> AbstractContextManager[None]:
    """Add this download's number to every line logged in the block, by any library."""
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
    handler.addFilter(AwayFilter())
    handler.setFormatter(MaskingFormatter(foreign_pre_chain=_shared_processors(), processors=last))
    return handler


def set_level(level: str) -> None:
    """Change the log level from now on: debug, info, warning or error."""
    logging.getLogger().setLevel(level.upper())


def current_level() -> str:
    return logging.getLevelName(logging.getLogger().level).lower()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger. Log events are facts with fields: `log.info("refresh done", source=slug, added=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
