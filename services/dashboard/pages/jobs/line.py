"""A job in a list: what it is over, how far it is, what came of it."""

from html import escape

from nicegui import ui

from services.dashboard import parts, shell, words
from sluice.models.jobs import JobRow


def job_line(job: JobRow) -> None:
    """A job in a list."""
    with ui.element("div").classes("sl-stack sl-tight"):
        with parts.row():
            with ui.element("div").classes("sl-grow"):
                link = f'<a class="sl-strong sl-path" href="{shell.url(f"/jobs/{job.job_id}")}">'
                ui.html(f"{link}{escape(source(job))}</a>", sanitize=False)
                parts.soft_html(f"{summary(job)} - {parts.age_of(job.created_at)}").classes("sl-small")
            parts.state_dot(job.state)
        if not job.is_over:
            parts.bar(job.progress)


def source(job: JobRow) -> str:
    """What the job is over."""
    return job.directory_path or (f"Retry of {job.retry_of}" if job.retry_of else job.job_id)


def summary(job: JobRow) -> str:
    """The job's counts in a line."""
    counts = job.counts
    listed = (("stored", counts.stored), ("failed", counts.failed), ("skipped", counts.skipped))
    parts_of_it = [f"{words.count(number)} {name}" for name, number in listed if number]
    return ", ".join(parts_of_it) or "nothing stored yet"
