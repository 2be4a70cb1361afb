"""Checking what the ML service answered, image by image: count, identity, size, finiteness."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.common.errors import Code, FileError
from libs.common.ml.inference import Image, Result

UNKNOWN_MODEL = "unknown"
MAX_CAPTION = 8192
"""Characters; the rest is cut off. A result that is too large to travel would stop the stage."""
MAX_DIMENSION = 65_535


@dataclass(frozen=True, slots=True)
class Embedded:
    """A checked result: little-endian float32 of `dimension` values, all finite."""

    embedding: bytes
    dimension: int
    caption: str | None
    model: str


Verdict = Embedded | FileError


def model_of(results: Iterable[Result], reported: str | None) -> str:
    """The model that made the results: the first that is named, else what capabilities reported."""
    return next((result.model for result in results if result.model), reported or UNKNOWN_MODEL)


def verdicts(
    images: Sequence[Image], results: Sequence[Result], model: str, dimension: int | None
) -> dict[str, Verdict]:
    """What became of each image that has exactly one result, by image id.

    An id tells whose result it is, so a service that answers out of order mixes nothing up; images that
    are missing here have no result, or several, and must be asked again.
    """
    counts = Counter(result.id for result in results)
    requested = {image.id for image in images}
    return {
        result.id: _verdict(result, model, dimension)
        for result in results
        if result.id in requested and counts[result.id] == 1
    }


def no_result() -> FileError:
    """The verdict on an image that, asked alone, still has no result of its own."""
    return FileError(Code.ML_BAD_RESULT, "the ML service gave no result, or several, for this image")


def checked_vector(result: Result) -> list[float]:
    """The vector of one result of any size; FileError ml_rejected or ml_bad_result."""
    values: list[float] = _vector(result, dimension=None).tolist()
    return values


def _verdict(result: Result, model: str, dimension: int | None) -> Verdict:
    try:
        vector = _vector(result, dimension)
    except FileError as error:
        return error
    caption = None if result.caption is None else result.caption[:MAX_CAPTION]
    return Embedded(vector.tobytes(), vector.size, caption, model)


def _vector(result: Result, dimension: int | None) -> NDArray[np.float32]:
    if result.error is not None:
        raise FileError(Code.ML_REJECTED, f"the ML service refused the image: {result.error[:300]}")
    try:
        with np.errstate(over="ignore"):
            vector: NDArray[np.float32] = np.asarray(result.embedding, dtype="<f4")
    except (TypeError, ValueError) as error:
        raise _bad("is no list of numbers") from error
    if fault := _fault(vector, dimension):
        raise _bad(fault)
    return vector


def _fault(vector: NDArray[np.float32], dimension: int | None) -> str | None:
    if vector.ndim != 1 or vector.size == 0:
        return "is no list of numbers"
    if dimension is not None and vector.size != dimension:
        return f"has {vector.size} values instead of {dimension}"
    if vector.size > MAX_DIMENSION:
        return f"has {vector.size} values, more than the {MAX_DIMENSION} that a store takes"
    return None if np.isfinite(vector).all() else "has values that are not finite"


def _bad(what: str) -> FileError:
    return FileError(Code.ML_BAD_RESULT, f"the ML service's embedding of this image {what}")
