"""A process that computes one map: `python -m services.gateway.maps.child`, started by `process`.

Standard input holds a request (msgpack), standard output the answer. A process of its own because seconds of
computing would hold up every other request, and because it is killed when its time is over.
"""

import sys

import numpy as np
from msgspec import Struct, msgpack

from libs.common.maps.geometry import Algorithm, Plane, clusters_of, hull, plane_of, silhouette


class Request(Struct, frozen=True, kw_only=True):
    """Vectors (float32, `count` rows) to lay out, or an earlier plane (float64) to find clusters in."""

    count: int
    vectors: bytes | None = None
    plane: bytes | None = None
    algorithm: Algorithm | None = None
    options: dict[str, float | int | None] = {}


class Cluster(Struct, frozen=True, kw_only=True):
    """One cluster in the plane."""

    size: int
    centroid: list[float]
    hull: list[list[float]]


class Answer(Struct, frozen=True, kw_only=True):
    """The plane (float64, two a row), and with an algorithm the cluster of each row."""

    plane: bytes
    clusters: list[int] = []
    found: dict[int, Cluster] = {}
    silhouette: float | None = None


def main() -> None:
    """Read the request, compute, write the answer."""
    request = msgpack.decode(sys.stdin.buffer.read(), type=Request)
    sys.stdout.buffer.write(msgpack.encode(answer(request)))


def answer(request: Request) -> Answer:
    """What `main` does, without the process."""
    if request.plane is not None:
        plane: Plane = np.frombuffer(request.plane).reshape(request.count, 2)
    else:
        vectors = np.frombuffer(request.vectors or b"", dtype=np.float32)
        plane = plane_of(vectors.reshape(request.count, -1) if request.count else vectors.reshape(0, 1))
    if request.algorithm is None:
        return Answer(plane=plane.tobytes())
    clusters = clusters_of(plane, request.algorithm, request.options)
    numbers = sorted(set(clusters.tolist()) - {-1})
    return Answer(
        plane=plane.tobytes(),
        clusters=clusters.tolist(),
        found={number: _cluster(plane[clusters == number]) for number in numbers},
        silhouette=silhouette(plane, clusters),
    )


def _cluster(points: Plane) -> Cluster:
    x, y = points.mean(axis=0)
    return Cluster(size=len(points), centroid=[float(x), float(y)], hull=hull(points))


if __name__ == "__main__":
    main()
