"""The log of a process: lines for people or for programs, and what it started with."""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic import BaseModel, SecretStr

from libs.common.runtime.release import release
from libs.common.settings import LogFormat
from sluice.printable import printable

log = logging.getLogger(__name__)


_IDS = re.compile(r"\b(job|task|file) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
"""How lines name what they are about."""


class _OneLine(logging.Formatter):
    """A file's name can neither begin another line nor tell the terminal anything."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging calls it
        return printable(super().formatMessage(record))


class _Json(logging.Formatter):
    """A JSON object a line: at, level, logger, message, and the traceback as `error` where there is one.

    With job_id, task_id and file_id of the first job, task and file that the message names.
    """

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": (message := record.getMessage()),
        }
        for kind, found in _IDS.findall(message):
            fields.setdefault(f"{kind}_id", found)
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(fields).decode()


def configure_logging(level: str, form: LogFormat = "text") -> None:
    """One line a record, on standard error; the Kafka client's own chatter only where it matters."""
    handler = logging.StreamHandler(sys.stderr)
    text = _OneLine("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(_Json() if form == "json" else text)
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def log_start(name: str, settings: BaseModel) -> None:
    """One line: the release, and the settings that are not the defaults, without secrets."""
    changed = ", ".join(f"{field.upper()}={value}" for field, value in sorted(_changed(settings).items()))
    log.info("%s of release %s starts; settings that differ: %s", name, release(), changed or "none")


def _changed(settings: BaseModel) -> dict[str, str]:
    fields = type(settings).model_fields
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {
        name: _shown(value)
        for name, value in values.items()
        if fields[name].default_factory is not None or value != fields[name].default
    }


def _shown(value: object) -> str:
    """A secret as asterisks; an address without the password that it may hold."""
    if isinstance(value, SecretStr):
        return str(value)
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    scheme, separator, rest = text.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else text
