"""The contract between the runner and a stage's logic."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import Record

RecordT_contra = TypeVar("RecordT_contra", bound=Record, contravariant=True)


class Worker(Protocol[RecordT_contra]):
    """Turns a batch of records into what is to be published.

    It is called with at least one record, on the event loop, which it must not block for over 50 ms. It
    must be idempotent: after a crash or a rebalance the same records come again. What it returns is
    published and acknowledged before its input is committed, so each file of the batch must appear in the
    result: as the next stage's record or as an outcome. What it has published itself by then need not.

    It handles a file's failure itself, as an outcome; what is transient it waits out. It raises only what
    the stage cannot go on from (the process then exits, uncommitted), and CancelledError, at any await:
    when its partitions are taken away.
    """

    @property
    def waiting(self) -> str | None:
        """Why it waits for something outside (the ML service, the store), or None while it works.

        A waiting batch is cancelled at once when partitions move; a working one is given time.
        """

    async def __call__(self, batch: Sequence[RecordT_contra]) -> list[Outgoing]:
        """Process `batch`."""
