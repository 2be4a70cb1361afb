"""A plane in which neighbours of the vectors stay neighbours, and the clusters in it. Pure; runs in a child.

t-SNE (van der Maaten and Hinton, 2008) as openTSNE computes it, from the first 50 principal components and
started from the first two, so that the same vectors give the same picture. docs/dashboard.md says how it was
chosen.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
"""One row of x and y for each point."""
Algorithm = Literal["dbscan", "kmeans", "hierarchical", "hdbscan"]

COMPONENTS = 50
PERPLEXITY = 30
FIRST_STEPS, LATER_STEPS = 100, 250
EXACT_BELOW = 1_000
"""Points; from here on gradients are interpolated (FFT) and neighbours approximate."""
HALF_WIDTH = 10.0
"""The plane reaches from -10 to 10 in its wider direction."""
SEED = 0


def plane_of(vectors: NDArray[np.float32]) -> Plane:
    """Where each of the vectors (n, d) lies in the plane (n, 2)."""
    count = len(vectors)
    if count < 3 or vectors.shape[1] < 2:
        return np.column_stack([np.arange(count, dtype=np.float64), np.zeros(count)])
    components = _components(vectors)
    small = count < 10 or not np.any(components)
    return _scaled(components[:, :2] if small else _embedded(components))


def _components(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    from sklearn.decomposition import PCA  # noqa: PLC0415 (slow to import: only where it is used)

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths == 0, 1, lengths)
    if np.allclose(unit, unit[0]):
        return np.zeros((len(unit), 2))
    count = min(COMPONENTS, *vectors.shape)
    return np.asarray(PCA(count, random_state=SEED).fit_transform(unit), dtype=np.float64)


def _embedded(components: NDArray[np.float64]) -> Plane:
    import openTSNE  # noqa: PLC0415 (likewise)

    count = len(components)
    spread = float(np.std(components[:, 0])) or 1.0
    small = count < EXACT_BELOW
    affinities = openTSNE.affinity.PerplexityBasedNN(
        components,
        perplexity=min(PERPLEXITY, (count - 1) / 3),
        method="exact" if small else "annoy",
        n_jobs=1,
        random_state=SEED,
    )
    embedding = openTSNE.TSNEEmbedding(
        components[:, :2] / spread * 1e-4,
        affinities,
        negative_gradient_method="bh" if small else "fft",
        n_jobs=1,
        random_state=SEED,
    )
    embedding = embedding.optimize(FIRST_STEPS, exaggeration=12, momentum=0.5)
    return np.asarray(embedding.optimize(LATER_STEPS, momentum=0.8), dtype=np.float64)


def _scaled(plane: NDArray[np.float64]) -> Plane:
    centred = plane - (plane.min(axis=0) + plane.max(axis=0)) / 2
    extent = float(np.abs(centred).max()) or 1.0
    scaled: Plane = centred / extent * HALF_WIDTH
    return scaled


def clusters_of(plane: Plane, algorithm: Algorithm, options: dict[str, Any]) -> NDArray[np.int64]:
    """The cluster of each point; -1 for those in none."""
    if len(plane) < 2:
        return np.zeros(len(plane), dtype=np.int64)
    return np.asarray(_clusterer(plane, algorithm, options).fit_predict(plane), dtype=np.int64)


def _clusterer(plane: Plane, algorithm: Algorithm, options: dict[str, Any]) -> Any:
    from sklearn import cluster  # noqa: PLC0415 (slow to import: only where it is used)

    count = min(options.get("n_clusters") or 8, len(plane))
    at_least = min(options.get("min_samples") or 5, len(plane))
    match algorithm:
        case "kmeans":
            return cluster.KMeans(count, n_init=4, random_state=SEED)
        case "hierarchical":
            return cluster.AgglomerativeClustering(count)
        case "hdbscan":
            smallest = min(max(2, options.get("min_cluster_size") or 5), len(plane))
            return cluster.HDBSCAN(min_cluster_size=smallest, min_samples=at_least, copy=True)
        case "dbscan":
            eps = options.get("eps") or _usual_distance(plane, at_least)
            return cluster.DBSCAN(eps=eps, min_samples=at_least)


def _usual_distance(plane: Plane, neighbours: int) -> float:
    """How far the `neighbours`-th neighbour of most points is: what DBSCAN needs where no eps is given."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 (likewise)

    distances, _ = NearestNeighbors(n_neighbors=neighbours).fit(plane).kneighbors(plane)
    return float(np.quantile(distances[:, -1], 0.9)) or 0.5


def silhouette(plane: Plane, clusters: NDArray[np.int64]) -> float | None:
    """The mean silhouette of the points in clusters (Rousseeuw, 1987); None where there is one cluster."""
    from sklearn.metrics import silhouette_score  # noqa: PLC0415 (likewise)

    inside = clusters >= 0
    kinds = len(set(clusters[inside].tolist()))
    if kinds < 2 or kinds >= int(inside.sum()):
        return None
    return float(silhouette_score(plane[inside], clusters[inside], sample_size=None, random_state=SEED))


def hull(points: Plane) -> list[list[float]]:
    """The corners of the smallest convex shape around the points, in order."""
    from scipy.spatial import ConvexHull, QhullError  # noqa: PLC0415 (likewise)

    if len(points) < 3:
        return [[float(x), float(y)] for x, y in points]
    try:
        corners = ConvexHull(points).vertices
    except QhullError:
        # All on one line: its two ends.
        order = np.lexsort((points[:, 1], points[:, 0]))
        corners = order[[0, -1]]
    return [[float(x), float(y)] for x, y in points[corners]]
