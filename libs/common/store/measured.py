"""A store whose requests are timed, and whose failures are counted."""

from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, cast

from libs.common.errors import SluiceError
from libs.common.metrics.declared import STORE_ERRORS, STORE_SECONDS
from libs.common.metrics.instruments import Instruments
from libs.common.store.protocol import Store


def measured(store: Store, instruments: Instruments) -> Store:
    """The store, which it does not own; its requests are in the metrics by the name of their call."""
    return cast("Store", _Measured(store, instruments))


class _Measured:
    """Looks each call up once. What of the protocol is no coroutine function is a fact, and passed on."""

    def __init__(self, store: Store, instruments: Instruments) -> None:
        self._store = store
        self._instruments = instruments

    def __getattr__(self, name: str) -> Any:
        call, instruments = getattr(self._store, name), self._instruments
        if not iscoroutinefunction(call):
            return call

        @wraps(call)
        async def timed(*args: Any, **options: Any) -> Any:
            try:
                with instruments.timed(STORE_SECONDS, name):
                    return await call(*args, **options)
            except SluiceError as error:
                instruments.count(STORE_ERRORS, name, str(error.code))
                raise

        self.__dict__[name] = timed
        return timed
