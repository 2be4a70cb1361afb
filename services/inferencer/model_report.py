"""Telling the whole system which model is in use, as soon as it is known or changes."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from libs.common.control import ModelInUse
from libs.common.errors import UnavailableError
from libs.common.events import now
from libs.common.kafka import outgoing
from libs.common.kafka.outgoing import Outgoing
from libs.common.ml.capabilities import Capabilities

log = logging.getLogger(__name__)

Publish = Callable[[Sequence[Outgoing]], Awaitable[object]]
Known = Callable[[], ModelInUse | None]

_LATER = datetime.min.replace(tzinfo=UTC)
"""When what is not published yet is said."""


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
        self._reported: ModelInUse | None = None

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
        try:
            await self._publish([outgoing.fact(replace(current, at=now()))])
        except UnavailableError as error:
            log.info("no one hears yet that the model is %s: %s", current.model, error.detail)
        else:
            self._reported = current

    def _is_contradicted(self, current: ModelInUse) -> bool:
        """Whether `control` names another model. Batches may differ: other inferencers report theirs."""
        there = self._known()
        return there is not None and _named(there) != _named(current)

    def _current(self) -> ModelInUse | None:
        seen = self._capabilities
        if seen is None:
            return None
        model, dimension = self._learned or (seen.model, seen.dimension)
        if model is None or dimension is None:
            return None
        return ModelInUse(
            model=model,
            dimension=dimension,
            has_text=seen.has_text,
            batch=seen.safe_batch,
            input_side=seen.input_side,
            duplicate_likeness=seen.duplicate_likeness,
            related_likeness=seen.related_likeness,
            words_likeness=seen.words_likeness,
            requested=self._requested,
            at=_LATER,
        )


def _named(model: ModelInUse) -> tuple[str, int, bool]:
    return model.model, model.dimension, model.has_text
