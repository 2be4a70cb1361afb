"""What the engine process does for each call."""

from typing import Any

import numpy as np

from libs.common.store.engine import wire
from libs.common.store.engine.pages import ShardStore, at_once
from libs.common.store.engine.root import Root
from libs.common.store.protocol import RankedBy, Shape
from libs.common.store.ranking import ranked_page
from libs.common.store.sorting import sorted_page
from libs.common.store.vectors import Matrix


def answer(root: Root, call: wire.Call) -> Any:  # noqa: C901, PLR0911, PLR0912 - one case a call, each one line
    """The result of `call`, as its class promises it."""
    match call:
        case wire.Collections():
            return root.names()
        case wire.Create(name, vector_size, distance):
            return root.create(name, Shape(vector_size, distance))
        case wire.Delete(name):
            return root.delete(name)
        case wire.Info(name):
            return root.info(name)
        case wire.Upsert(name, ids, vectors, payloads):
            return root.shard(name).upsert(ids, _matrix(vectors, len(ids)), payloads)
        case wire.Retrieve(name, ids, payload, with_vectors):
            return root.shard(name).retrieve(ids, payload, with_vectors)
        case wire.Scroll(name, limit, after, where, payload, with_vectors):
            return root.shard(name).scroll(limit, after, where, payload, with_vectors)
        case wire.Search(name, queries, vectors, limit, offset, where, payload):
            return root.shard(name).search(_matrix(vectors, queries), limit, offset, where, payload)
        case wire.Rank(name, how, limit, where):
            return root.shard(name).rank(how.ranking(), limit, where)
        case wire.RankedPage(name, how, where, payload, but, limit, after, skipped):
            ranked = RankedBy(name, how.ranking(), where, payload, but)
            return at_once(ranked_page(ShardStore(root.shard(name)), ranked, limit, after, skipped))
        case wire.Page(wanted, limit, after, skipped):
            store = ShardStore(root.shard(wanted.collection))
            return at_once(sorted_page(store, wanted, limit, after, skipped))
        case wire.Ordered(name, order, limit, where, payload):
            return root.shard(name).ordered(order, limit, where, payload)
        case wire.Facet(name, field, limit, where):
            return root.shard(name).facet(field, limit, where)
        case wire.Complete(name, field, additions):
            return root.shard(name).complete(field, additions)
        case wire.MissingIndexes(name):
            return root.shard(name).missing_indexes()
        case wire.AddIndex(name, field):
            return root.shard(name).add_index(field)
        case wire.GetShape(name):
            return root.shard(name).shape
        case wire.Count(name, None):
            return root.info(name).points_count
        case wire.Count(name, where):
            return root.shard(name).count(where)
        case wire.DeletePoints(name, ids):
            return root.shard(name).delete_points(ids)


def _matrix(vectors: wire.Floats, rows: int) -> Matrix:
    return np.frombuffer(vectors, dtype="<f4").reshape(rows, -1)
