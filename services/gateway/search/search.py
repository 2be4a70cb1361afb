"""Searching the active collection by a text, by a picture, or by the likeness to one of its points."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from libs.common.control import ModelInUse
from libs.common.errors import Code, SluiceError
from libs.common.filters.parsing import both
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.points.fields import Fields
from libs.common.points.words import Query, parsed, wanted
from libs.common.store.protocol import (
    Filter,
    FusedRanking,
    NearRanking,
    Ranking,
    Store,
    WordRanking,
    Words,
)
from services.gateway.api.deadlines import as_of_now
from services.gateway.collections.collections import Collections
from services.gateway.images.decoding import Decoding
from services.gateway.search.gallery import BY_ID, Gallery
from services.gateway.search.models import SearchQuery
from services.gateway.search.query_vectors import QueryVectors
from services.gateway.search.ranked import ranked_page
from services.gateway.search.requested import NO_QUERY, Found, Hit, Hits, Mode, Page
from services.gateway.search.why import Why, words_found

_NO_MEANING = (Code.ML_UNAVAILABLE, Code.ML_REJECTED)
"""The service is away, or makes nothing of these words."""
Stacks = Literal["cover", "all"]
FUSED_DEPTH = 1000
"""Hits of each ranking that are fused: the same for every page, so that pages fit together."""
_TEXT = Fields.search_text.name
_COVERS = Filter(none_of=(Filter(any_of={Fields.stack_cover.name: [False]}),))
"""No files but the one that stands for its stack; most are part of none."""


@dataclass(frozen=True, slots=True)
class Search:
    """Searches; each may raise no_collection_selected."""

    store: Store
    control: ControlTable
    collections: Collections
    vectors: QueryVectors
    decoding: Decoding
    gallery: Gallery

    async def find(self, requested: SearchQuery, page: Page) -> Hits:
        """What the body asks for."""
        page = _shown(page, requested.stacks)
        if requested.collection is not None:
            return await self._find(await self._named(requested.collection), requested, page)

        async def in_the_active() -> Hits:
            return await self._find(self.collections.chosen(), requested, page)

        return await as_of_now(self.control, in_the_active)

    async def _find(self, name: str, requested: SearchQuery, page: Page) -> Hits:
        if requested.like is not None:
            _alone(requested)
            return await self.like(name, requested.like, page)
        if requested.query is None:
            return await self._listed(name, NO_QUERY, requested.sort or BY_ID, page)
        return await self.by_text(name, requested, page)

    async def by_text(self, name: str, requested: SearchQuery, page: Page) -> Hits:
        """By meaning and words, where the model has text and answers; else by words.

        A query that only excludes lists the rest, and one without words, such as of an emoji, is the model's
        alone. Raises SluiceError no_text_model where `mode` is meaning and there is none.
        """
        text, mode, sort = requested.query or "", requested.mode, requested.sort
        query, asked = parsed(text), wanted(text)
        page = replace(page, where=both(page.where, _required(query)), asked=asked)
        if not asked or (query.words and sort is not None):
            return await self._listed(name, query, sort or BY_ID, page)
        by_words = mode == "words" or sort is not None
        vector = None if by_words else await self._meaning(name, asked, required=mode == "meaning")
        if vector is None and not query.words:
            return Hits([], "lexical", None, None, name)
        if vector is not None:
            await self._check(name, len(vector))
        return await self._ranked(name, await self._ranking(query, vector, mode), query, page)

    async def by_image(
        self, descriptor: int, page: Page, stacks: Stacks = "cover", collection: str | None = None
    ) -> Hits:
        """The pictures most like the one in this open file; FileError for no picture, or ml_unavailable."""
        name = await self._named(collection)
        page = _shown(page, stacks)
        model = self._known(name)
        side = None if model is None else model.picture_side
        picture = await self.decoding.normalised_file(descriptor, side)
        vector = await self.vectors.of_image(picture, self._requested(name))
        await self._check(name, len(vector))
        return await self._near(name, vector, page)

    async def like(self, name: str, point: UUID, page: Page) -> Hits:
        """The pictures most like this point of the collection; SluiceError image_not_found."""
        found = await self.store.retrieve(name, [str(point)], payload="none", vectors=True)
        if not found or not found[0].vector:
            raise SluiceError(Code.IMAGE_NOT_FOUND, f"collection {name} has no image {point}")
        page = replace(page, asked=str(point))
        return await self._near(name, found[0].vector, page, but=str(point))

    async def _named(self, collection: str | None) -> str:
        """The collection to search; None: the active one."""
        if collection is None:
            return await self.collections.active()
        await self.collections.check(collection)
        return collection

    async def _near(self, name: str, vector: Sequence[float], page: Page, but: str | None = None) -> Hits:
        found = await ranked_page(self.store, name, NearRanking(vector), page, but)
        known = self._known(name)
        floor = known.related_likeness if known else None
        return Hits(found.hits, "vector", self._model(name), found.next, name, floor)

    async def _listed(self, name: str, query: Query, sort: str, page: Page) -> Hits:
        if query.words:
            words = Filter(words={_TEXT: Words(" ".join(query.words), "any")})
            page = replace(page, where=both(page.where, words))
        found = await self.gallery.page(name, sort, page, page.shown)
        hits = [
            Hit(each.id, 0.0, each.payload, Why(None, words_found(query.words, Fields(each.payload))))
            for each in found.items
        ]
        return Hits(hits, "list", None, found.next, name)

    async def _meaning(self, name: str, text: str, *, required: bool) -> Sequence[float] | None:
        """The text's vector; None where the model has no text, or makes nothing of this one."""
        model = self._known(name)
        if model is None or not model.has_text:
            if required:
                raise SluiceError(
                    Code.NO_TEXT_MODEL, "the model in use reads no text: search by words, or by a picture"
                )
            return None
        try:
            return await self.vectors.of_text(text, self._requested(name))
        except SluiceError as error:
            if required or error.code not in _NO_MEANING:
                raise
            return None

    async def _ranking(self, query: Query, vector: Sequence[float] | None, mode: Mode | None) -> Ranking:
        words = WordRanking(_TEXT, " ".join(query.words))
        if vector is None:
            return words
        if mode == "meaning" or not query.words or not await self.store.can_rank():
            return NearRanking(vector)
        return FusedRanking(vector, words, FUSED_DEPTH)

    async def _ranked(self, name: str, ranking: Ranking, query: Query, page: Page) -> Hits:
        if isinstance(ranking, WordRanking) and not await self.store.can_rank():
            listed = await self._listed(name, query, BY_ID, page)
            return replace(listed, mode="lexical_unranked")
        found = await ranked_page(self.store, name, ranking, page)
        if isinstance(ranking, WordRanking):
            return Hits(found.hits, "lexical", None, found.next, name)
        known = self._known(name)
        floor = known.words_likeness if known else None
        mode: Found = "hybrid" if found.by_words else "vector"
        return Hits(found.hits, mode, self._model(name), found.next, name, floor)

    async def _check(self, name: str, size: int) -> None:
        """A vector of another model finds nothing that means anything."""
        model, filled = self._known(name), self.control.filled(name)
        shape = await self.store.shape(name)
        if model and filled and filled.model != model.model:
            raise SluiceError(
                Code.MODEL_MISMATCH,
                f"collection {name} was filled by {filled.model}, the ML service now runs "
                f"{model.model}: have it filled by that (POST /api/v1/collections/{name}/model)",
            )
        if shape.vector_size != size:
            raise SluiceError(
                Code.VECTOR_SIZE_MISMATCH,
                f"collection {name} has vectors of {shape.vector_size} numbers, the ML service makes {size}",
            )

    def _requested(self, name: str) -> str | None:
        """The model that the collection is searched by, as the ML service is asked for it."""
        state = self.control.collection(name)
        return None if state is None else state.model

    def _known(self, name: str) -> ModelInUse | None:
        return self.control.model(self._requested(name))

    def _model(self, name: str) -> str | None:
        model = self._known(name)
        return model.model if model else None


def _alone(requested: SearchQuery) -> None:
    """SluiceError invalid_request for what cannot be looked for with a point: its hits are the nearest."""
    for field, value in (("query", requested.query), ("sort", requested.sort)):
        if value is not None:
            raise SluiceError(Code.INVALID_REQUEST, f"{field}: like finds the nearest; leave out one of both")


def _shown(page: Page, stacks: Stacks) -> Page:
    """Under the page's condition; of each stack the file that stands for it, or all."""
    return replace(page, where=both(page.where, _COVERS)) if stacks == "cover" else page


def _required(query: Query) -> Filter | None:
    """The phrases must be there, and what is excluded must not."""
    if not query.phrases and not query.excluded:
        return None
    return Filter(
        every=[Filter(words={_TEXT: Words(phrase, "phrase")}) for phrase in query.phrases],
        none_of=[Filter(words={_TEXT: Words(words, "phrase")}) for words in query.excluded],
    )
