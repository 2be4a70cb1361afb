"""What a finished job is told as, and whether it counted what it must."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sluice.cli.fitting import cropped, short
from sluice.errors import Code
from sluice.models.jobs import JobStatus, SyncFound
from sluice.models.photos import Photo, SearchResults

_SHOWN = 10
_SKIPPED: dict[str, str] = {
    Code.UNSUPPORTED_TYPE: "not pictures",
    Code.ALIAS: "links to files that are listed too",
    Code.REMOVED: "gone, and removed from the index",
}
"""What is said of skipped files, by code; of others the code's own words."""


def lines(status: JobStatus, folder: Path | None) -> Iterator[str]:
    """The counts of a job over `folder`, if it had one, with the reason of each failure."""
    counts = status.counts
    copies = status.exact_duplicates_count
    yield f"stored   {counts.stored:>6}   {_of_which(counts.from_cache, copies)}".rstrip()
    yield f"failed   {counts.failed:>6}"
    failed = status.result.failures if status.result else []
    for file in failed[:_SHOWN]:
        yield f"           {_inside(folder, file.file)}: {file.error} ({file.code or 'no code'})"
    if counts.failed > _SHOWN:
        yield f"           and {counts.failed - _SHOWN} more: `sluice files {short(status.job_id)} --failed`"
    if counts.skipped:
        yield f"skipped  {counts.skipped:>6}   {_why_skipped(status.skipped_counts)}".rstrip()
    if status.sync is not None:
        yield from _compared(status.job_id, status.sync)
    if counts.ignored:
        yield f"ignored  {counts.ignored:>6}   hidden files, sidecars and archive folders"


def _compared(job_id: str, found: SyncFound) -> Iterator[str]:
    counts = {
        "added": found.added, "changed": found.changed, "moved": found.moved, "removed": found.removed,
        "unchanged": found.unchanged,
    }  # fmt: skip
    yield f"compared          {', '.join(f'{count} {name}' for name, count in counts.items())}"
    if found.pending:
        yield f"waiting  {found.pending:>6}   gone files keep their points: {found.reason}"
        yield f"                  `sluice prune {short(job_id)}` removes them"


def _why_skipped(counts: Mapping[str, int]) -> str:
    by_count = sorted(counts.items(), key=lambda each: -each[1])
    return ", ".join(f"{count} {_SKIPPED.get(code, code.replace('_', ' '))}" for code, count in by_count)


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
        parts.append("1 copy of another file" if copies == 1 else f"{copies} copies of other files")
    return ", ".join(parts)


def found_lines(found: SearchResults) -> Iterator[str]:
    """The photos that a search found, without guesses, and how like what was looked for each is."""
    for photo in found.likely:
        caption = cropped(photo.payload.caption or "", 46)
        yield f"{score(photo)}  {cropped(photo.payload.filename, 18):<18}  {caption}".rstrip()


def score(photo: Photo) -> str:
    """How like what was looked for it is, or how well its words fit; blank in a list."""
    known = photo.why.likeness if photo.why and photo.why.likeness is not None else photo.score
    return f"{known:.3f}" if known else " " * 5
