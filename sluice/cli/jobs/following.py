"""Following a job to its end, and what that end means for a script."""

from pathlib import Path

from sluice.aio.jobs import AsyncJob
from sluice.cli.exits import Exit
from sluice.cli.fitting import short
from sluice.cli.jobs import report
from sluice.cli.jobs.progress import ProgressView
from sluice.cli.output import console, remark, sentence
from sluice.errors import Code, SluiceError
from sluice.models.jobs import JobStatus

LOOK_SECONDS = 0.25


async def watch(job: AsyncJob, *, quiet: bool = False) -> JobStatus:
    """Follow the job with a progress bar, on standard error if standard output is for a program."""
    # A mistaken id is said before a bar is drawn.
    first = await job.status()
    with ProgressView(console(stderr=quiet)) as view:
        view.show(first)
        return first if first.is_over else await job.wait(progress=view.show, every_s=LOOK_SECONDS)


def verdict(status: JobStatus) -> Exit:
    """What the job's end means to a script."""
    if status.state != "completed":
        return Exit.FAILED
    return Exit.FILES_FAILED if status.counts.failed else Exit.OK


def tell(status: JobStatus) -> None:
    """The job's report, for people."""
    reason = status.error or status.message
    if status.state == "failed":
        sentence(f"job {short(status.job_id)} failed: {reason or 'no reason given'}")
    elif status.state == "cancelled":
        sentence(f"job {short(status.job_id)} was cancelled")
    folder = Path(status.directory_path) if status.directory_path else None
    for row in report.lines(status, folder):
        sentence(row)


def still_running(jobs: list[str]) -> None:
    """What a person should know who stops waiting."""
    for job_id in jobs:
        remark(f"the job continues: follow it with `sluice status {short(job_id)} --follow`")


def worst(ends: list[Exit]) -> Exit:
    """The one status that stands for several."""
    return next((end for end in (Exit.FAILED, Exit.FILES_FAILED) if end in ends), Exit.OK)


def not_a_file(name: str) -> SluiceError:
    """What is said of a path that is nowhere."""
    return SluiceError(Code.DIRECTORY_NOT_FOUND, f"there is no file or folder {name}")
