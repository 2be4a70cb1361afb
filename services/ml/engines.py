"""The engine of each model that is asked for by name, next to that of the settings."""

import asyncio
from collections.abc import Callable

from libs.common.errors import Code, SluiceError
from services.ml.engine.engine import Engine

Open = Callable[[str], Engine]
"""The engine of the model of that name, not loaded; SluiceError model_unavailable."""


class Engines:
    """While a collection changes its model, both are asked: one for its searches, one for its pictures.

    `default` answers where no model is named, or its own `name` is; others are opened when they are first
    asked for, and loaded when there is work for them. `close` ends all.
    """

    def __init__(self, default: Engine, name: str | None, open_named: Open) -> None:
        self.default = default
        self.name = name
        self._open = open_named
        self._named: dict[str, Engine] = {}
        self._opening = asyncio.Lock()

    async def of(self, name: str | None) -> Engine:
        """The engine of that model; SluiceError model_unavailable where there is none here."""
        if name in (None, self.name, self.default.backend.model):
            return self.default
        async with self._opening:
            if name not in self._named:
                self._named[name] = await asyncio.to_thread(self._open, name)
        return self._named[name]

    async def working(self, name: str | None) -> Engine:
        """The same, loaded; the default one as it is, since people load and unload it."""
        engine = await self.of(name)
        if engine is not self.default:
            await engine.warm_up()
        return engine

    async def close(self) -> None:
        """Unload all models and end their threads."""
        for engine in (*self._named.values(), self.default):
            await engine.close()


def unknown(name: str, known: tuple[str, ...]) -> SluiceError:
    """The error of a model that is not served here."""
    return SluiceError(
        Code.MODEL_UNAVAILABLE, f"there is no model {name[:80]!r} here; there are {', '.join(known)}"
    )
