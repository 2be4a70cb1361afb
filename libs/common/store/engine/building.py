"""Making the files of a new collection, with all its indexes, and opening them."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as edge
from msgspec import Struct, json

from libs.common.points.field import Index
from libs.common.runtime.disk import has_room
from libs.common.store.engine.holes import PART_BYTES, parts_with_data
from libs.common.store.protocol import Shape

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
_NEEDED_BYTES = 256 << 20
_SYNCS = 16
_CONFIG = "edge_config.json"
_HALVED_FROM = 128
"""Numbers of a vector from which it is kept as float16."""
_SEARCH_THREADS = 2
"""Of a shard, for its segments. It has one, once compacted too; the engine would take eight, and use one."""

_DISTANCES = {
    "Cosine": edge.Distance.Cosine,
    "Euclid": edge.Distance.Euclid,
    "Dot": edge.Distance.Dot,
    "Manhattan": edge.Distance.Manhattan,
}
_KINDS: dict[Index, edge.PayloadSchemaType | edge.TextIndexParams] = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
    "float": edge.PayloadSchemaType.Float,
    "datetime": edge.PayloadSchemaType.Datetime,
    "geo": edge.PayloadSchemaType.Geo,
    "bool": edge.PayloadSchemaType.Bool,
    "text": edge.TextIndexParams(
        tokenizer=edge.TokenizerType.Word,
        lowercase=True,
        ascii_folding=True,
        phrase_matching=True,
        scoring=True,
    ),
}


def build(shape: Shape, indexes: Mapping[str, Index], folder: Path) -> None:
    """An empty shard with these indexes in `folder`, durably."""
    with _workspace(folder) as place:
        engine = edge.EdgeShard.create(str(place), _config(shape, half=_is_halved(shape)))
        for field, kind in indexes.items():
            add_index(engine, field, kind)
        engine.close()


def load(shape: Shape, folder: Path) -> edge.EdgeShard:
    """The shard in `folder`, of this shape, with every write that was ever acknowledged."""
    made = json.decode((folder / _CONFIG).read_bytes(), type=_Made)
    half = any(vectors.datatype == "float16" for vectors in made.vectors.values())
    return edge.EdgeShard.load(str(folder), _config(shape, half=half))


def _is_halved(shape: Shape) -> bool:
    """Whether vectors are kept as float16, which a search compares in 17 ms instead of 30 (100,000 of 512).

    Cosines of many numbers differ by some 1e-5 then. Vectors of other metrics may be longer than it can hold.
    """
    return shape.distance == "Cosine" and shape.vector_size >= _HALVED_FROM


def _config(shape: Shape, *, half: bool) -> edge.EdgeConfig:
    datatype = edge.VectorStorageDatatype.Float16 if half else edge.VectorStorageDatatype.Float32
    distance = _DISTANCES[shape.distance]
    return edge.EdgeConfig(
        vectors=edge.EdgeVectorParams(size=shape.vector_size, distance=distance, datatype=datatype),
        # No graph index: building one blocks every other call for as long as it takes (8 s for 20,000
        # points), while comparing with every point takes 1 ms there and is exact.
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=0),
        max_search_threads=_SEARCH_THREADS,
    )


class _Vectors(Struct):
    datatype: str = "float32"


class _Made(Struct):
    """What the engine notes of a shard, as far as it is needed to open it."""

    vectors: dict[str, _Vectors]


def add_index(engine: edge.EdgeShard, field: str, kind: Index) -> None:
    """Add the index of the field, which reads the payload of every point."""
    engine.update(edge.UpdateOperation.create_field_index(field, _KINDS[kind]))


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """A place to build in, whose files lie in `folder` at the end.

    Each index that is added writes the files of all others to disk again: thousands of writes that wait for
    the disk, 11 s for 26 indexes on a busy machine. In memory it takes 0.8 s, and one copy.
    """
    if not (_MEMORY.is_dir() and has_room(_MEMORY, _NEEDED_BYTES)):
        yield folder
        return
    with tempfile.TemporaryDirectory(dir=_MEMORY, prefix="sluice-") as memory:
        place = Path(memory, "shard")
        yield place
        copy(place, folder)


def copy(built: Path, folder: Path) -> None:
    """A second shard of the same kind as the empty one in `built`, durably."""
    shutil.copytree(built, folder, copy_function=_copy)
    with ThreadPoolExecutor(_SYNCS) as pool:
        list(pool.map(_sync, [folder, *folder.rglob("*")]))


def _copy(source: str, target: str) -> None:
    """Copy a file that is mostly holes, and leave them holes."""
    with Path(source).open("rb") as read, Path(target).open("wb") as written:
        written.truncate(os.fstat(read.fileno()).st_size)
        for start in parts_with_data(read.fileno()):
            if (chunk := os.pread(read.fileno(), PART_BYTES, start)).strip(b"\0"):
                os.pwrite(written.fileno(), chunk, start)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
