"""Telling the whole system which model is in use, as soon as it is known or changes."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from libs.common.control import ModelInUse
from libs.common.errors import UnavailableError
from libs.common.kafka import outgoing
from libs.common.kafka.outgoing import Outgoing
from libs.common.ml.capabilities import Capabilities

log = logging.getLogger(__name__)

Publish = Callable[[Sequence[Outgoing]], Awaitable[object]]
Known = Callable[[], ModelInUse | None]

_Reported = tuple[str, int, bool, int, int | None, float | None, float | None]
"""Model, dimension, whether it has text, batch, input side, likeness of related pictures and of words."""


class ModelReport:
    """Publishes ModelInUse on `control` when it differs from what was published last, or from what is there.

    What results name counts for more than what capabilities name, since it is what gets stored; it is
    forgotten when capabilities change.
    """

    def __init__(self, publish: Publish, known: Known = lambda: None, requested: str | None = None) -> None:
        """`known` gives what `control` says now; whatever else wrote it, the next poll puts it right.

        `requested`: the name by which the model is requested; None: it is the one in use.
        """
        self._publish = publish
        self._requested = requested
        self._known = known
        self._capabilities: Capabilities | None = None
        self._learned: tuple[str, int] | None = None
        self._reported: _Reported | None = None

    async def saw(self, capabilities: Capabilities) -> None:
        """The service reports this now."""
        if self._capabilities is None or capabilities.model != self._capabilities.model:
            self._learned = None
        self._capabilities = capabilities
        await self._tell()

    async def learned(self, model: str, dimension: int) -> None:
        """Results came from this model, with this many values each."""
        self._learned = (model, dimension)
        await self._tell()

    async def _tell(self) -> None:
        current = self._current()
        if current is None or (current == self._reported and not self._is_contradicted(current)):
            return
        model, dimension, has_text, batch, input_side, related, words = current
        body = ModelInUse(
            model=model,
            dimension=dimension,
            has_text=has_text,
            batch=batch,
            input_side=input_side,
            related_likeness=related,
            words_likeness=words,
            requested=self._requested,
        )
        try:
            await self._publish([outgoing.fact(body)])
        except UnavailableError as error:
            log.info("no one hears yet that the model is %s: %s", model, error.detail)
        else:
            self._reported = current

    def _is_contradicted(self, current: _Reported) -> bool:
        """Whether `control` names another model. Batches may differ: other inferencers report theirs."""
        there = self._known()
        return there is not None and (there.model, there.dimension, there.has_text) != current[:3]

    def _current(self) -> _Reported | None:
        seen = self._capabilities
        if seen is None:
            return None
        model, dimension = self._learned or (seen.model, seen.dimension)
        if model is None or dimension is None:
            return None
        likeness = (seen.related_likeness, seen.words_likeness)
        return (model, dimension, seen.has_text, seen.safe_batch, seen.input_side, *likeness)
