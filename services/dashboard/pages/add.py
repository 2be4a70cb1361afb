"""Adding photos: a folder that the gateway can read, or files from this browser."""

import tempfile
from pathlib import Path

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import shell
from sluice import AsyncClient, AsyncJob
from sluice.aio.collections import FIRST
from sluice.files.selecting import LocalFile

ACCEPTED = "image/*,.dng,.arw,.cr2,.cr3,.nef,.heic,.avif,.jxl"


async def add() -> None:
    """The page."""
    async with shell.page("Add photos", "/add") as api:
        form = _Adding(api)
        with ui.element("section").classes("sl-card"):
            ui.html("<h2>A folder on the server</h2>")
            with ui.element("div").classes("sl-row"):
                path = (
                    ui.input("Folder", placeholder="/photos/2019").classes("sl-grow").props("outlined dense")
                )
                ui.button("Scan", on_click=lambda: form.scan(path.value)).props("unelevated")
            ui.label("The folder as the gateway sees it; photos stay where they are.").classes(
                "sl-soft sl-small"
            )
        with ui.element("section").classes("sl-card"):
            ui.html("<h2>Files from this computer</h2>")
            ui.upload(
                multiple=True, auto_upload=True, label="Drop photos here", on_multi_upload=form.upload
            ).props('accept="image/*,.dng,.arw,.cr2,.cr3,.nef,.heic,.avif,.jxl" flat bordered').classes(
                "w-full"
            )


class _Adding:
    """What the page's controls do."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api

    async def scan(self, path: str) -> None:
        """Start a job over a folder."""
        if not path or not path.strip():
            ui.notify("Type the path of a folder first", type="warning")
            return
        try:
            await self._ensure_collection()
            job = await self._api.ingest(path.strip())
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.to(f"/jobs/{job.job_id}")

    async def upload(self, event: events.MultiUploadEventArguments) -> None:
        """Pass the files on to the gateway as one job, from disk."""
        try:
            await self._ensure_collection()
            with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
                job = await self._sent(event, Path(folder))
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.to(f"/jobs/{job.job_id}")

    async def _sent(self, event: events.MultiUploadEventArguments, folder: Path) -> AsyncJob:
        files: list[LocalFile] = []
        for number, file in enumerate(event.files):
            path = folder / str(number)
            await file.save(path)
            files.append(LocalFile(path, file.name, file.size()))
        return await self._api.jobs.upload(files)

    async def _ensure_collection(self) -> None:
        """The first photos need a collection: make and select one, so that nothing has to be known before."""
        if await self._api.collections.ensure_active(FIRST):
            ui.notify(f"Created and selected the collection {FIRST}")
