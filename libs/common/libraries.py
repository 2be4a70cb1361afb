"""What a library asks for. Pure."""

from uuid import UUID

from libs.common.events import REQUEST_VERSION, Library, ScanRequest
from libs.common.sources.uris import plain


def folder_of(library: Library) -> str:
    """The library's folder, or what else its URI names."""
    return plain(library.uri)


def scan_request(library: Library, job_id: UUID, paths: tuple[str, ...] = ()) -> ScanRequest:
    """A sync of the library; of just these paths, if there are any."""
    return ScanRequest(
        version=REQUEST_VERSION,
        job_id=job_id,
        directory_path=folder_of(library),
        collection=library.collection,
        exclude=library.exclude,
        sync=True,
        prune=library.prune,
        paths=paths,
        library_id=library.library_id,
    )
