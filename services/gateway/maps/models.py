"""Bodies about the map of a collection, as its clients have always read them."""

from pydantic import Field

from libs.common.maps.geometry import Algorithm
from services.gateway.api.models import Body

LABEL_LENGTH = 200


class MapPoint(Body):
    """One point in the plane. `cluster_id` and `is_outlier` come with clusters only; -1 is in none."""

    id: str
    x: float
    y: float
    thumbnail_base64: str | None
    filename: str
    caption: str | None
    cluster_id: int | None = None
    is_outlier: bool | None = None


class ClusterOut(Body):
    """A cluster: its size, its middle, its outline, and the name that it was given."""

    size: int
    centroid: list[float] = Field(examples=[[1.5, -2.0]])
    hull: list[list[float]] = Field(examples=[[[1.0, -2.5], [2.0, -2.5], [1.5, -1.0]]])
    label: str | None = None


class ClusteringInfo(Body):
    """How the clusters were found."""

    algorithm: Algorithm
    n_clusters: int
    silhouette_score: float | None = None
    n_outliers: int
    parameters: dict[str, float | int | None] = Field(examples=[{"n_clusters": 8}])
    clusters: dict[int, ClusterOut]


class MapOut(Body):
    """A map."""

    points: list[MapPoint]
    collection: str
    clustering_info: ClusteringInfo | None = None


class ClusteringIn(Body):
    """Which clusters to look for; what is not given is chosen from the points."""

    algorithm: Algorithm = "dbscan"
    n_clusters: int | None = Field(None, ge=1, le=1000, examples=[8])
    eps: float | None = Field(None, gt=0, le=100, examples=[0.5])
    min_samples: int | None = Field(None, ge=1, le=5000, examples=[5])
    min_cluster_size: int | None = Field(None, ge=2, le=5000, examples=[5])


class LabelIn(Body):
    """A name for a cluster."""

    cluster_id: int = Field(ge=-1, le=5000)
    label: str = Field(max_length=LABEL_LENGTH)
