"""What a job over the samples must count, and how it differs from that."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from libs.common.errors import Code
from sluice.models.jobs import JobStatus


@dataclass(frozen=True, slots=True)
class Expected:
    """What a job over the folder must count. `failed` maps an error code to a number of files.

    `no_pictures` are files of other kinds, which are skipped.
    """

    stored: int
    duplicates: int
    failed: Mapping[Code, int]
    ignored: int
    no_pictures: int = 0


def differences(status: JobStatus, expected: Expected) -> list[str]:
    """How the job's counts differ from what the samples must give; empty if they do not."""
    files = status.result.failures if status.result else []
    actual = {
        "stored": status.counts.stored,
        "duplicates": status.exact_duplicates_count,
        "ignored": status.counts.ignored,
        "skipped": status.counts.skipped,
        "failures by code": dict(Counter(file.code for file in files)),
    }
    wanted = {
        "stored": expected.stored,
        "duplicates": expected.duplicates,
        "ignored": expected.ignored,
        "skipped": expected.no_pictures,
        "failures by code": {str(code): count for code, count in expected.failed.items()},
    }
    return [
        f"{name}: {actual[name]} instead of {wanted[name]}" for name in wanted if actual[name] != wanted[name]
    ]
