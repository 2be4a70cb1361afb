"""Adding photos: a folder or bucket that the gateway can read, or files from this browser."""

from typing import Any

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.folder_choice import FolderChoice
from sluice import AsyncClient
from sluice.aio.collections import FIRST


async def add() -> None:
    """The page."""
    async with shell.page("Add photos", "/add", "add") as api:
        form = _Adding(api)
        with ui.element("div").classes("sl-halves"):
            with parts.card("A folder on the server"), parts.stack():
                await FolderChoice(api, form.scan).show()
            with parts.stack():
                with parts.card("Files from this computer"):
                    await form.dropping()
                with parts.card("A bucket, a manifest or an archive"), parts.stack(tight=True):
                    _place(form)


def _place(form: "_Adding") -> None:
    with parts.row():
        uri = ui.input("Address", placeholder="s3://bucket/2019").classes("sl-grow").props("outlined dense")
        parts.quiet("Ingest", lambda: form.scan(uri.value or ""))
    parts.soft(
        "s3://, gs:// or az:// of a bucket or prefix; a list of photos (.jsonl, .csv, .parquet); "
        "WebDataset shards (shard-{000..099}.tar). What may be read is said by SCAN_ROOTS."
    ).classes("sl-small")


class _Adding:
    """What the page's controls do."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api

    async def scan(self, path: str, **wanted: Any) -> None:
        """Start a job over a folder, a bucket or a list, and show it."""
        if not path.strip():
            ui.notify("Choose a place first", type="warning")
            return
        try:
            await self._ensure_collection()
            job = await self._api.ingest(path.strip(), **wanted)
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.to(f"/jobs/{job.job_id}")

    async def dropping(self) -> None:
        """A place to drop files and folders, which a script sends."""
        shell.script("drop.js")
        ui.html(
            f'<sl-drop data-to="{shell.url("/data/upload")}" data-jobs="{shell.url("/jobs/")}"></sl-drop>',
            sanitize=False,
        )
        ui.on("dropped", self._ensured)

    async def _ensured(self) -> None:
        """Before the first file is sent: there is a collection for it."""
        try:
            await self._ensure_collection()
            ui.run_javascript("document.querySelector('sl-drop').send()")
        except SluiceError as error:
            ui.run_javascript("document.querySelector('sl-drop').ready()")
            shell.reported(error)

    async def _ensure_collection(self) -> None:
        """The first photos need a collection: make and select one, so that nothing has to be known before."""
        if await self._api.collections.ensure_active(FIRST):
            ui.notify(f"Created and selected the collection {FIRST}")
