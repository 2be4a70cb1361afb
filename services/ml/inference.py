"""From the images of a request to the results of its response."""

from collections.abc import Sequence

from libs.common.errors import FileError
from services.ml.engine.backend import Backend, Described
from services.ml.engine.engine import Engine
from services.ml.uploads import Upload
from services.ml.wire import BatchResponse, Result


async def infer(engine: Engine, uploads: Sequence[Upload], *, caption: bool) -> BatchResponse:
    """One result an upload, in order; an image that cannot be read has its `error` set."""
    readable = [upload.data for upload in uploads if isinstance(upload.data, bytes)]
    described = iter(await engine.describe(readable, caption=caption))
    outcomes = [upload.data if isinstance(upload.data, FileError) else next(described) for upload in uploads]
    return BatchResponse(
        results=[
            _result(engine.backend, upload, outcome)
            for upload, outcome in zip(uploads, outcomes, strict=True)
        ]
    )


def _result(backend: Backend, upload: Upload, outcome: Described | FileError) -> Result:
    result = Result(
        unique_id=upload.unique_id,
        filename=upload.filename,
        model_name_clip=backend.model,
        model_name_blip=backend.caption_model,
        device_used=backend.device,
    )
    if isinstance(outcome, FileError):
        return result.model_copy(update={"error": outcome.detail})
    vector = outcome.embedding
    return result.model_copy(
        update={
            "embedding": vector.tolist(),
            "embedding_shape": list(vector.shape),
            "caption": outcome.caption,
        }
    )
