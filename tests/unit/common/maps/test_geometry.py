"""The plane keeps neighbours together, whatever the collection holds, and clusters are found in it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from libs.common.maps.child import Request, answer
from libs.common.maps.geometry import HALF_WIDTH, Algorithm, clusters_of, plane_of, silhouette

KINDS = 4


def vectors(count: int, size: int = 32, kinds: int = KINDS) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Points around `kinds` directions, and which of them each belongs to."""
    random = np.random.default_rng(7)
    directions = random.normal(size=(kinds, size))
    kind = np.arange(count) % kinds
    return (directions[kind] + 0.1 * random.normal(size=(count, size))).astype(np.float32), kind


def test_points_of_one_kind_lie_together() -> None:
    found, kind = vectors(120)
    plane = plane_of(found)
    nearest = np.argsort(np.linalg.norm(plane[:, None] - plane[None], axis=2), axis=1)[:, 1:6]
    assert (kind[nearest] == kind[:, None]).mean() > 0.97
    assert np.abs(plane).max() == pytest.approx(HALF_WIDTH)


def test_the_same_vectors_give_the_same_plane() -> None:
    found, _ = vectors(40)
    assert np.array_equal(plane_of(found), plane_of(found))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 11])
def test_few_points_have_a_plane_too(count: int) -> None:
    plane = plane_of(vectors(max(count, 1))[0][:count])
    assert plane.shape == (count, 2)
    assert np.isfinite(plane).all()


def test_equal_points_and_vectors_of_no_length_have_a_plane() -> None:
    for same in (np.ones((20, 8), np.float32), np.zeros((20, 8), np.float32)):
        assert np.isfinite(plane_of(same)).all()


@pytest.mark.parametrize("algorithm", ["dbscan", "kmeans", "hierarchical", "hdbscan"])
def test_each_algorithm_finds_the_kinds(algorithm: Algorithm) -> None:
    found, kind = vectors(200)
    plane = plane_of(found)
    clusters = clusters_of(plane, algorithm, {"n_clusters": KINDS})
    for number in set(clusters.tolist()) - {-1}:
        assert len(set(kind[clusters == number].tolist())) == 1
    assert (clusters >= 0).mean() > 0.8
    assert (silhouette(plane, clusters) or 0) > 0.5


@pytest.mark.parametrize("algorithm", ["dbscan", "kmeans", "hierarchical", "hdbscan"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_handful_of_points_can_be_clustered(algorithm: Algorithm, count: int) -> None:
    plane = plane_of(vectors(count)[0])
    made = answer(Request(count=count, plane=plane.tobytes(), algorithm=algorithm))
    assert len(made.clusters) == count
    assert sum(each.size for each in made.found.values()) == count - made.clusters.count(-1)


def test_the_outline_of_points_on_a_line_is_its_ends() -> None:
    line = np.column_stack([np.arange(10.0), np.arange(10.0)])
    made = answer(Request(count=10, plane=line.tobytes(), algorithm="kmeans", options={"n_clusters": 1}))
    assert made.found[0].hull == [[0.0, 0.0], [9.0, 9.0]]
    assert made.silhouette is None
