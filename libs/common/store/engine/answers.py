"""What the engine process does for each call."""

from typing import Any

import numpy as np

from libs.common.store.engine import wire
from libs.common.store.engine.root import Root
from libs.common.store.engine.shape import Shape
from libs.common.store.vectors import Matrix


def answer(root: Root, call: wire.Call) -> Any:  # noqa: C901, PLR0911 - one case a call, each one line
    """The result of `call`, as its class promises it."""
    match call:
        case wire.Collections():
            return root.names()
        case wire.Create(name, vector_size, distance):
            return root.create(name, Shape(vector_size, distance))
        case wire.Delete(name):
            return root.delete(name)
        case wire.Info(name):
            return root.shard(name).info()
        case wire.Upsert(name, ids, vectors, payloads):
            return root.shard(name).upsert(ids, _matrix(vectors, len(ids)), payloads)
        case wire.Retrieve(name, ids, payload, with_vectors):
            return root.shard(name).retrieve(ids, payload, with_vectors)
        case wire.Scroll(name, limit, after, where, payload, with_vectors):
            return root.shard(name).scroll(limit, after, where, payload, with_vectors)
        case wire.Search(name, queries, vectors, limit, offset, where, payload):
            return root.shard(name).search(_matrix(vectors, queries), limit, offset, where, payload)
        case wire.Count(name, where):
            return root.shard(name).count(where)
        case wire.DeletePoints(name, ids):
            return root.shard(name).delete_points(ids)


def _matrix(vectors: wire.Floats, rows: int) -> Matrix:
    return np.frombuffer(vectors, dtype="<f4").reshape(rows, -1)
