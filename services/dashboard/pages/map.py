"""The map of a collection: neighbours look alike; a script draws it, and what is chosen in it is acted on."""

from html import escape

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, selection, shell
from sluice import AsyncClient

SAMPLES = (500, 1000, 2000, 5000)
"""How many photos may be laid out."""


async def map_page(sample: int = SAMPLES[0]) -> None:
    """The page; `sample` is how many photos are laid out."""
    async with shell.page("Map", "/map", "map", "gallery", wide=True) as api:
        collection = (await api.capabilities()).active_collection
        if collection is None:
            parts.empty("No collection yet: the first photos you add make one.", "Add photos", "/add")
            return
        _controls(collection, sample)
        with ui.element("div") as place:
            _map(sample)
        selection.listen(api, collection)
        _answers(api, collection, place)


def _controls(collection: str, sample: int) -> None:
    with parts.row():
        with ui.element("div").classes("sl-grow sl-soft"):
            ui.label(f"{collection}: neighbours look alike.")
            ui.label("Drag moves, the wheel zooms, Shift chooses.").classes("sl-with-mouse")
        sizes = {each: f"{each:,} photos" for each in SAMPLES}
        ui.select(
            sizes, value=sample if sample in sizes else None, label="Sample",
            on_change=lambda event: ui.navigate.to(f"/map?sample={event.value}"),
        ).props("outlined dense").style("min-width: 140px")  # fmt: skip
        lasso = parts.quiet("Lasso", lambda: lasso.classes(toggle="on"), "gesture")
        # In the browser: what is drawn right after the click is already a lasso.
        lasso.on("click", js_handler="() => document.querySelector('sl-map').toggleAttribute('lasso')")


def _map(sample: int) -> None:
    shell.script("map/map.js")
    ui.html(
        f'<sl-map aria-busy="true" data-from="{shell.url(f"/data/map?sample_size={sample}")}" '
        f'data-photo="{escape(shell.url("/photo/"), quote=True)}">Laying out the photos. The first time '
        "takes some seconds.</sl-map>",
        sanitize=False,
    )


def _answers(api: AsyncClient, collection: str, place: ui.element) -> None:
    """What the script reports: that there is nothing to draw, that it failed, that a cluster gets a name."""

    def empty() -> None:
        place.clear()
        with place:
            parts.empty(f"The collection {collection} is empty.", "Add photos", "/add", "bubble_chart")

    def failed(event: events.GenericEventArguments) -> None:
        place.clear()
        with place:
            shell.notice(str(event.args), bad=True)

    async def name(event: events.GenericEventArguments) -> None:
        with place:
            label = await _named(str(event.args["label"]))
        if label is None:
            return
        try:
            await api.photos.name_cluster(int(event.args["cluster"]), label)
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.reload()

    ui.on("map-empty", empty)
    ui.on("map-failed", failed)
    ui.on("map-name", name)


async def _named(before: str) -> str | None:
    with ui.dialog() as dialog, ui.card().classes("sl-dialog"):
        parts.heading("Name the cluster")
        label = ui.input("Name", value=before).props("outlined dense autofocus maxlength=200")
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Cancel", lambda: dialog.submit(None))
            parts.strong("Name it", lambda: dialog.submit(label.value or ""))
    answer = await dialog
    dialog.delete()
    return None if answer is None else str(answer)
