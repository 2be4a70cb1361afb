"""Searching the active collection by a text or by a picture."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from libs.common.errors import Code, SluiceError
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.points.projections import SEARCH
from libs.common.store.protocol import Filter, Scored, Store
from services.gateway.collections.collections import Collections
from services.gateway.images.decoding import Decoding
from services.gateway.search import lexical
from services.gateway.search.lexical_cache import LexicalCache
from services.gateway.search.query_vectors import QueryVectors

_NO_MEANING = (Code.ML_UNAVAILABLE, Code.ML_REJECTED)
"""The service is away, or makes nothing of these words."""
PAGE = 1000
SCAN_SECONDS = 7.0
"""How long words are looked for; clients wait 10 s for an answer."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits are wanted, and the condition that they fulfil."""

    limit: int
    offset: int = 0
    where: Filter | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found. `complete` is False where the time ended before every point was looked at."""

    found: list[Scored]
    mode: Literal["vector", "lexical"]
    model: str | None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """Searches; each may raise no_collection_selected."""

    store: Store
    control: ControlTable
    collections: Collections
    vectors: QueryVectors
    decoding: Decoding
    held: LexicalCache

    async def by_text(self, query: str, page: Page) -> Hits:
        """By meaning where the ML service has a text model that answers, else by words."""
        name = await self.collections.active()
        model = self.control.model()
        if model is not None and model.has_text:
            try:
                return await self._nearest(name, await self.vectors.of_text(query), page)
            except SluiceError as error:
                if error.code not in _NO_MEANING:
                    raise
        return await self._by_words(name, lexical.words_of(query), page)

    async def by_image(self, descriptor: int, page: Page) -> Hits:
        """The pictures most like the one in this open file; FileError for no picture, or ml_unavailable."""
        name = await self.collections.active()
        picture = await self.decoding.normalised_file(descriptor)
        return await self._nearest(name, await self.vectors.of_image(picture), page)

    async def _nearest(self, name: str, vector: Sequence[float], page: Page) -> Hits:
        await self._check(name, len(vector))
        hits = await self.store.search(
            name, [vector], limit=page.limit, offset=page.offset, where=page.where, payload=SEARCH
        )
        model = self.control.model()
        return Hits(hits[0], "vector", model.model if model else None)

    async def _check(self, name: str, size: int) -> None:
        """A vector of another model finds nothing that means anything."""
        info, model, filled = await self.store.info(name), self.control.model(), self.control.filled(name)
        if model and filled and filled.model != model.model:
            raise SluiceError(
                Code.MODEL_MISMATCH,
                f"collection {name} was filled by {filled.model}, the ML service now runs {model.model}",
            )
        if info.vector_size != size:
            raise SluiceError(
                Code.VECTOR_SIZE_MISMATCH,
                f"collection {name} holds vectors of {info.vector_size} numbers, the ML service gives {size}",
            )

    async def _by_words(self, name: str, words: Sequence[str], page: Page) -> Hits:
        held = None if page.where else await self.held.of(name, SCAN_SECONDS)
        if held is None or not words:
            return await self._by_reading(name, words, page)
        index, whole = held
        while True:
            ranked = await asyncio.to_thread(index.best, words, page.offset + page.limit)
            shown = ranked[page.offset :]
            records = await self.store.retrieve(name, [id_ for _, id_ in shown], payload=SEARCH)
            found = {record.id: record for record in records}
            if gone := [id_ for _, id_ in shown if id_ not in found]:
                # Deleted since their words were read.
                index.drop(gone)
                continue
            hits = [Scored(id_, score, found[id_].payload) for score, id_ in shown]
            return Hits(hits, "lexical", None, complete=whole)

    async def _by_reading(self, name: str, words: Sequence[str], page: Page) -> Hits:
        wanted = page.offset + page.limit
        best: list[Scored] = []
        after: str | None = None
        clock = asyncio.get_running_loop().time
        until = clock() + SCAN_SECONDS
        while words:
            fields = tuple(dict.fromkeys(SEARCH + lexical.SEARCHED))
            records, after = await self.store.scroll(
                name, limit=PAGE, after=after, where=page.where, payload=fields
            )
            found = await asyncio.to_thread(lexical.best, words, records, wanted)
            best = sorted(best + found, key=lambda hit: (-hit.score, hit.id))[:wanted]
            if after is None or clock() > until:
                break
        shown = [Scored(h.id, h.score, {f: h.payload.get(f) for f in SEARCH}) for h in best[page.offset :]]
        return Hits(shown, "lexical", None, complete=after is None)
