"""Rankings as the engine's own queries."""

from typing import cast

import qdrant_edge as edge

from libs.common.store.filters import path_of
from libs.common.store.protocol import WordRanking

_RRF = cast("edge.Fusion", edge.Fusion.Rrf(60))  # what the binding makes, and its stubs do not know


def nearest(
    vector: list[float], limit: int, where: edge.Filter | None, *, with_vector: bool
) -> edge.QueryRequest:
    """The points nearest to the vector."""
    return edge.QueryRequest(
        limit=limit, query=edge.Query.Nearest(vector), filter=where, with_vector=with_vector
    )


def by_words(words: WordRanking, limit: int, where: edge.Filter | None) -> edge.QueryRequest:
    """The points that have the words, by BM25."""
    return edge.QueryRequest(limit=limit, query=_text(words), filter=where)


def fused(
    vector: list[float], words: WordRanking, depth: int, limit: int, where: edge.Filter | None
) -> edge.QueryRequest:
    """The points of both rankings, each of `depth`, by reciprocal rank."""
    prefetches = [
        edge.Prefetch(limit=depth, query=edge.Query.Nearest(vector), filter=where),
        edge.Prefetch(limit=depth, query=_text(words), filter=where),
    ]
    return edge.QueryRequest(limit=limit, query=_RRF, prefetches=prefetches)


def _text(words: WordRanking) -> edge.TextQuery:
    return edge.TextQuery(path_of(words.field), words.text)
