"""What every job of one scanner shares."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.runtime.service import Health
from libs.common.sources.sources import Sources
from libs.common.store.protocol import Store
from services.scanner.outbox import Outbox
from services.scanner.settings import ScannerSettings
from services.scanner.status import JobStatus


@dataclass(frozen=True, slots=True)
class Wiring:
    """The world as jobs meet it.

    `listers` runs the listings: a disk that hangs holds up only those. `active_jobs` counts the jobs that
    share the total window now.
    """

    settings: ScannerSettings
    connection: Connection
    outbox: Outbox
    status: JobStatus
    control: ControlTable
    store: Store
    health: Health
    listers: Executor
    sources: Sources
    active_jobs: Callable[[], int]
    now: Callable[[], float]
    """Seconds since the epoch, by the brokers' clock."""

    @property
    def spool_dir(self) -> Path:
        """Where the spools of running jobs lie."""
        return spool_dir(self.settings.data_dir)


def spool_dir(data_dir: Path) -> Path:
    """Where a scanner keeps the spools of its running jobs."""
    return data_dir / "spool"
