"""The page that the `type` of a problem leads to: each code, its status, and what to do about it."""

from collections.abc import Mapping
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from libs.common.errors import Code
from libs.common.http.html_page import html_page
from libs.common.http.problems.problem import PAGE as PATH
from libs.common.http.problems.statuses import status_of

router = APIRouter(include_in_schema=False, tags=["docs"])

_MEANINGS: Mapping[str, str] = {
    Code.INVALID_REQUEST: "A field of the request is wrong; `errors` names it and says why.",
    Code.UNAUTHORIZED: "The header x-api-key is missing, or not a key of this gateway.",
    Code.FORBIDDEN_ORIGIN: "A page of another origin called; CORS_ORIGINS names those that may.",
    Code.FORBIDDEN_HOST: "The Host header is none of ALLOWED_HOSTS.",
    Code.FORBIDDEN_BY_KEY: "The key does not allow this call, or this collection.",
    Code.NOT_FOUND: "There is nothing at this path; /docs lists the calls.",
    Code.METHOD_NOT_ALLOWED: "The path exists and does not take this method.",
    Code.COLLECTION_NOT_FOUND: "No collection has this name; GET /api/v1/collections lists them.",
    Code.COLLECTION_EXISTS: "A collection has this name already.",
    Code.COLLECTION_BUSY: "A job or a task writes the collection: wait for its end, or cancel it.",
    Code.NO_COLLECTION_SELECTED: "Name a collection in the request, or select one for all requests.",
    Code.JOB_NOT_FOUND: "No job has this id; GET /api/v1/ingest/jobs lists those that are known.",
    Code.JOB_GONE: "The job ended too long ago: its events are not kept any more.",
    Code.JOB_OVER: "The job has ended: start another one, or retry its failed files.",
    Code.JOB_RUNNING: "The job goes on: this is possible once it has ended.",
    Code.DUPLICATE_JOB_ID: "Another request has this job id: use a new one.",
    Code.NOTHING_TO_RETRY: "No file of the job failed with one of these codes.",
    Code.NOTHING_TO_PRUNE: "No point of the job's folder waits to be removed.",
    Code.OUTCOMES_GONE: "What became of the job's files is not kept any more; its counts are.",
    Code.TASK_NOT_FOUND: "No task has this id.",
    Code.IMAGE_NOT_FOUND: "No collection has a point of this id.",
    Code.FILE_GONE: "The point is there and its file is not: scan its folder again.",
    Code.DIRECTORY_NOT_FOUND: "The gateway does not see this path; PATH_MAP translates those of clients.",
    Code.OUTSIDE_ROOTS: "The path is below none of SCAN_ROOTS.",
    Code.PERMISSION_DENIED: "The system's user may not read this: allow it, then try again.",
    Code.TOO_LARGE: "The body is larger than the gateway takes; the detail names the limit.",
    Code.TOO_BUSY: "Too much is under way: try again in a moment.",
    Code.DISK_FULL: "The disk is full: free space, then send the request again.",
    Code.NO_TEXT_MODEL: "The model reads no text: search by words or by a picture.",
    Code.MODEL_MISMATCH: "The collection was filled by another model: its points cannot be compared.",
    Code.VECTOR_SIZE_MISMATCH: "The collection has vectors of another size than the model makes.",
    Code.MAP_PENDING: "The map is being computed: try again.",
    Code.NOT_INDEXED: "No point of the active collection has this file.",
    Code.LAST_COPY: "It is the last file of its content: it stays.",
    Code.PROTECTED: "The file lies in a protected folder: it stays.",
    Code.ARCHIVE_DISABLED: "Files are moved only where ARCHIVE_ENABLED says so.",
    Code.ARCHIVE_BUSY: "Another move is under way: try again after it.",
    Code.ARCHIVE_NOT_FOUND: "No archive has this id; GET /api/v1/archives lists them.",
    Code.RESTORE_BLOCKED: "Something has the file's old name: move it away, then restore again.",
    Code.BROKER_UNAVAILABLE: "Kafka does not answer: the same call succeeds once it does.",
    Code.STORE_UNAVAILABLE: "Qdrant does not answer: the same call succeeds once it does.",
    Code.ML_UNAVAILABLE: "The ML service does not answer: the same call succeeds once it does.",
    Code.INTERNAL: "A fault of Sluice: report it with the `request_id`, which its log has too.",
}


@router.get(PATH)
async def problems() -> HTMLResponse:
    """Every code, to read."""
    rows = "".join(_row(code) for code in sorted(Code))
    return HTMLResponse(html_page("Sluice: problems", _BODY.format(rows=rows)))


def _row(code: Code) -> str:
    meaning = _MEANINGS.get(code, "What became of a file or a job; `detail` says more.")
    return (
        f"<tr id='{escape(code)}'><td><code>{escape(code)}</code></td><td>{status_of(code)}</td>"
        f"<td>{escape(meaning)}</td></tr>"
    )


_BODY = """<h1>Problems</h1>
<p>Errors are <code>application/problem+json</code>. Their <code>code</code> is one of these, with the HTTP
status that it usually has; <code>retryable</code> says whether the same call may succeed
later. Releases add codes.</p>
<table>{rows}</table>"""
