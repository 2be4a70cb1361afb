"""Vectors kept as float16: what is found is what float32 finds; older collections stay as they are."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import qdrant_edge as edge

from libs.common.store.engine.building import load
from libs.common.store.engine.root import Root
from libs.common.store.protocol import NearRanking, Shape
from libs.common.store.vectors import Matrix

SIZE, POINTS, QUERIES, LIMIT = 512, 600, 25, 20
COSINE = Shape(SIZE, "Cosine")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    made = Root(tmp_path, 1.0, {"file_hash": "keyword"})
    yield made
    made.close()


def random_vectors(count: int, seed: int) -> Matrix:
    return np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32)


def datatype_of(folder: Path) -> str:
    made = json.loads((folder / "edge_config.json").read_bytes())
    return str(made["vectors"][""].get("datatype", "float32"))


def test_the_nearest_are_those_of_float32(root: Root, tmp_path: Path) -> None:
    vectors, queries = random_vectors(POINTS, 1), random_vectors(QUERIES, 2)
    root.create("photos", COSINE)
    ids = [str(UUID(int=number)) for number in range(POINTS)]
    root.shard("photos").upsert(ids, vectors, [{}] * POINTS)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    recalls = []
    for query in queries:
        cosines = unit @ (query / np.linalg.norm(query))
        nearest = {ids[number] for number in np.argsort(-cosines)[:LIMIT]}
        found = root.shard("photos").rank(NearRanking(query.tolist()), LIMIT, None)
        recalls.append(len(nearest & {hit.id for hit in found}) / LIMIT)
        for hit in found:
            assert hit.score == pytest.approx(cosines[UUID(hit.id).int], abs=2e-4)
    assert datatype_of(tmp_path / "photos" / "shard") == "float16"
    assert np.mean(recalls) >= 0.99


@pytest.mark.parametrize("shape", [Shape(SIZE, "Euclid"), Shape(SIZE, "Dot"), Shape(4, "Cosine")])
def test_lengths_and_small_vectors_stay_float32(root: Root, tmp_path: Path, shape: Shape) -> None:
    root.create("photos", shape)
    assert datatype_of(tmp_path / "photos" / "shard") == "float32"


def test_a_collection_that_was_made_before_opens_as_it_is(tmp_path: Path) -> None:
    vectors = edge.EdgeVectorParams(size=SIZE, distance=edge.Distance.Cosine)
    made = edge.EdgeShard.create(str(tmp_path), edge.EdgeConfig(vectors=vectors))
    stored = random_vectors(1, 3)[0]
    made.update(edge.UpdateOperation.upsert_points([edge.Point(UUID(int=1), stored.tolist(), {})]))
    made.close()

    opened = load(COSINE, tmp_path)
    try:
        (found,) = opened.retrieve([UUID(int=1)], False, True)
        assert found.vector == pytest.approx(stored / np.linalg.norm(stored), rel=1e-6)
    finally:
        opened.close()
    assert datatype_of(tmp_path) == "float32"
