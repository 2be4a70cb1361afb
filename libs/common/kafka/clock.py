"""One time for all stages: the brokers'. The clocks of the machines may be hours off."""

import time
from collections.abc import Callable, Iterable

from aiokafka.structs import RecordMetadata

_LOG_APPEND = 1


class BrokerClock:
    """Tells the brokers' time, from what they said of it last; before that, this machine's."""

    def __init__(self, local: Callable[[], float] = time.time) -> None:
        self._local = local
        self._behind_s = 0.0

    def received(self, acks: Iterable[RecordMetadata]) -> None:
        """Brokers stamp each record as they take it, and say so as they acknowledge it."""
        stamps = [ack.timestamp for ack in acks if ack.timestamp_type == _LOG_APPEND and ack.timestamp]
        if stamps:
            self._behind_s = max(stamps) / 1000 - self._local()

    def now(self) -> float:
        """Seconds since the epoch; late by what an acknowledgement takes, never early."""
        return self._local() + self._behind_s
