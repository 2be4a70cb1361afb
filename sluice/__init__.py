"""The Python client of a Sluice gateway: `from sluice import Client`, or AsyncClient.

Names are imported when they are first used, so that what needs the error codes alone loads no HTTP client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sluice.errors import Code, ProblemError, SluiceError, UnavailableError

if TYPE_CHECKING:
    from sluice.aio.client import AsyncClient
    from sluice.aio.jobs import AsyncJob
    from sluice.aio.tasks import AsyncTask
    from sluice.sync.client import Client
    from sluice.sync.jobs import Job
    from sluice.sync.tasks import Task

__version__ = "0.1.0"

__all__ = [
    "AsyncClient", "AsyncJob", "AsyncTask", "Client", "Code", "Job", "ProblemError", "SluiceError", "Task",
    "UnavailableError", "__version__",
]  # fmt: skip

_MODULES = {
    "AsyncClient": "sluice.aio.client",
    "AsyncJob": "sluice.aio.jobs",
    "AsyncTask": "sluice.aio.tasks",
    "Client": "sluice.sync.client",
    "Job": "sluice.sync.jobs",
    "Task": "sluice.sync.tasks",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'sluice' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
