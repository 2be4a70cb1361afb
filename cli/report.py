"""What a finished job is told as, and whether it counted what it must."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.bodies import Found, JobStatus

_SHOWN = 10


def lines(status: JobStatus, folder: Path | None) -> Iterator[str]:
    """The counts of a job over `folder`, if it had one, with the reason of each failure."""
    counts = status.counts
    copies = status.exact_duplicates_count
    yield f"stored   {counts.stored:>6}   {_of_which(counts.from_cache, copies)}".rstrip()
    yield f"failed   {counts.failed:>6}"
    failed = status.result.failed_files if status.result else []
    for file in failed[:_SHOWN]:
        yield f"           {_inside(folder, file.file)}: {file.error} ({file.code or 'no code'})"
    if counts.failed > _SHOWN:
        yield f"           and {counts.failed - _SHOWN} more"
    if counts.skipped:
        yield f"skipped  {counts.skipped:>6}"
    yield f"ignored  {counts.ignored:>6}   hidden files, sidecars and archive folders"


def _inside(folder: Path | None, file: str) -> Path:
    """The file as seen from the folder; its name if it was the whole source."""
    path = Path(file)
    if folder is None or not path.is_relative_to(folder):
        return path
    return path.relative_to(folder if path != folder else folder.parent)


def _of_which(from_cache: int, copies: int) -> str:
    parts = []
    if from_cache:
        parts.append(f"{from_cache} from the cache")
    if copies:
        parts.append(f"{copies} with content that another file has too")
    return f"of which {', '.join(parts)}" if parts else ""


def found_lines(found: Sequence[Found]) -> Iterator[str]:
    """The photos that a search found, with their similarity."""
    for photo in found:
        yield f"{photo.score:.3f}  {photo.payload.filename}   {photo.payload.caption or ''}".rstrip()
