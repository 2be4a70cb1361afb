"""Why the vectors of a model do not go into a collection: one wording for a job's start and its writes."""

from libs.common.errors import Code, SluiceError


def other_model(collection: str, filled_by: str, model: str) -> SluiceError:
    """model_mismatch: the vectors of two models cannot be compared, whatever their size."""
    return SluiceError(
        Code.MODEL_MISMATCH,
        f"the collection '{collection}' was filled by the model '{filled_by}', whose vectors cannot be "
        f"compared with those of '{model}': have it filled by that model "
        f"(POST /api/v1/collections/{collection}/model), or use a new collection",
    )


def other_size(collection: str, size: int, model: str, dimension: int) -> SluiceError:
    """vector_size_mismatch: the collection holds `size` numbers a vector and the model makes `dimension`."""
    return SluiceError(
        Code.VECTOR_SIZE_MISMATCH,
        f"the collection '{collection}' holds vectors of {size} and the model '{model}' makes {dimension}: "
        f"create a collection with vector_size {dimension}",
    )
