"""Arithmetic and checks on vectors that both stores need."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Vector

Matrix = NDArray[np.float32]


def as_matrix(vectors: Sequence[Vector]) -> Matrix:
    """The vectors as float32, shape (count, size).

    Raises SluiceError vector_size_mismatch if their sizes differ, store_rejected for what is not a finite
    number: an infinite coordinate makes every later search of its collection meaningless.
    """
    if len({len(vector) for vector in vectors}) > 1:
        raise SluiceError(Code.VECTOR_SIZE_MISMATCH, "the vectors of one call differ in size")
    try:
        with np.errstate(over="ignore"):
            matrix = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise SluiceError(
            Code.STORE_REJECTED, f"a vector holds something that is no number: {error}"
        ) from error
    if not np.isfinite(matrix).all():
        raise SluiceError(Code.STORE_REJECTED, "a vector holds a value that is not finite in float32")
    return matrix


def check_size(name: str, expected: int, found: int) -> None:
    """Raise SluiceError vector_size_mismatch unless the collection's size is the vectors' size."""
    if found != expected:
        raise SluiceError(
            Code.VECTOR_SIZE_MISMATCH, f"collection '{name}' holds vectors of {expected}, not of {found}"
        )


def cosine(query: Sequence[float], vectors: Sequence[Sequence[float]]) -> list[float]:
    """The cosine similarity of `query` to each vector, in -1..1; 0 where one of the two has no length."""
    if not vectors:
        return []
    # In float64, since the squares of large float32 coordinates overflow.
    one, many = np.asarray(query, dtype=np.float64), np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(many, axis=1) * np.linalg.norm(one)
    dots = many @ one
    return clamp(np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0).tolist())


def clamp(scores: Sequence[float | None]) -> list[float]:
    """Scores of a Cosine collection as promised: in -1..1, and 0 for what the store could not score."""
    return [0.0 if score is None or score != score else max(-1.0, min(1.0, score)) for score in scores]  # noqa: PLR0124
