"""A page that follows jobs: woken when one changes, and told while the gateway is away."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import app, background_tasks, ui

from libs.common.errors import SluiceError
from services.dashboard.access import key_of
from services.dashboard.live.feed import Feed
from services.dashboard.live.stream import JobStream
from sluice.models.jobs import JobRow

Changed = Callable[[JobRow], Awaitable[None]]


def follow(changed: Changed) -> JobStream:
    """Call `changed` with each job that changes, one at a time, while this page is open.

    While the gateway is away a sentence stands on the page, and a SluiceError of `changed` is left to it.
    """
    feed: Feed = app.state.feed
    page = ui.context.client
    stream = feed.stream(key_of(page.request))
    notice = ui.label("The gateway does not answer; this page goes on by itself.").classes("sl-notice bad")
    notice.props('role="status"').set_visibility(stream.is_away)
    waiting: dict[str, JobRow] = {}
    woken = asyncio.Event()

    def listener(job: JobRow | None) -> None:
        if job is None:
            notice.set_visibility(stream.is_away)
        else:
            waiting[job.job_id] = job
            woken.set()

    async def work() -> None:
        while True:
            await woken.wait()
            woken.clear()
            jobs = list(waiting.values())
            waiting.clear()
            with page:
                for job in jobs:
                    try:
                        await changed(job)
                    except SluiceError:
                        continue

    task = background_tasks.create(work(), name="follow jobs")
    stream.listeners.add(listener)

    def end() -> None:
        stream.listeners.discard(listener)
        task.cancel()

    page.on_delete(end)
    return stream
