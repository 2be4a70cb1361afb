"""Adding photos: a folder that the gateway can read, or files from this browser."""

import tempfile
from pathlib import Path
from typing import Any

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import shell
from services.dashboard.api import Api
from services.dashboard.bodies import Submitted

FIRST_COLLECTION = "photos"
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

    def __init__(self, api: Api) -> None:
        self._api = api

    async def scan(self, path: str) -> None:
        """Start a job over a folder."""
        if not path or not path.strip():
            ui.notify("Type the path of a folder first", type="warning")
            return
        try:
            await self._ensure_collection()
            taken = await self._api.ingest(path.strip())
        except SluiceError as error:
            shell.reported(error)
        else:
            _follow(taken)

    async def upload(self, event: events.MultiUploadEventArguments) -> None:
        """Pass the files on to the gateway as one job, from disk."""
        try:
            await self._ensure_collection()
            with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
                taken = await self._sent(event, Path(folder))
        except SluiceError as error:
            shell.reported(error)
        else:
            _follow(taken)

    async def _sent(self, event: events.MultiUploadEventArguments, folder: Path) -> Submitted:
        files: list[tuple[str, Any]] = []
        for number, file in enumerate(event.files):
            path = folder / str(number)
            await file.save(path)
            files.append(("files", (file.name, path.open("rb"))))
        try:
            return await self._api.call("POST", "/ingest/upload", Submitted, files=files)
        finally:
            for _, (_, content) in files:
                content.close()

    async def _ensure_collection(self) -> None:
        """The first photos need a collection: make and select one, so that nothing has to be known before."""
        if (await self._api.capabilities()).active_collection is not None:
            return
        body = {"collection_name": FIRST_COLLECTION}
        if FIRST_COLLECTION not in await self._api.collections():
            await self._api.send("POST", "/collections", json=body)
        await self._api.send("POST", "/collections/select", json=body)
        ui.notify(f"Created and selected the collection {FIRST_COLLECTION}")


def _follow(taken: Submitted) -> None:
    ui.navigate.to(f"/jobs/{taken.job_id}")
