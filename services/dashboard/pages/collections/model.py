"""The model of a collection: which one filled it, another one being filled next to it, and the way back."""

from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from sluice import AsyncClient
from sluice.models.collections import CollectionInfo, CollectionModel, Held, OtherModel

LOOK_SECONDS = 2.0
SUGGESTED = ["labels", "lite"]
"""Models that come with the packages; `sluice models list` knows more."""


async def model_section(api: AsyncClient, of: CollectionInfo) -> None:
    """The section, made again after each change."""
    section = _Model(api, of, parts.stack(tight=True))
    await section.show()
    ui.timer(LOOK_SECONDS, section.moved, immediate=False)


class _Model:
    """The model of one collection, and what can be done about it."""

    def __init__(self, api: AsyncClient, of: CollectionInfo, place: ui.element) -> None:
        self._api = api
        self._of = of
        self._place = place
        self._last: CollectionModel | None = None

    async def moved(self) -> None:
        """Show it again where more is filled, or all; a gateway that is away is asked again next time."""
        if self._last is None or self._last.filling is None:
            return
        try:
            found = await self._api.collections.model(self._of.name)
        except SluiceError:
            return
        if found != self._last:
            await self.show()

    async def show(self) -> None:
        """As it is now; an error stands in its place."""
        self._place.clear()
        with self._place, shell.errors():
            found = self._last = await self._api.collections.model(self._of.name)
            with parts.row():
                parts.soft("Filled by").classes("sl-small")
                ui.label(found.present.filled_by or found.present.model or "no model yet").classes("sl-chip")
                if self._of.points_count and found.filling is None:
                    parts.quiet("Another model", self._ask).props("dense")
            await self._others(found)

    async def _others(self, found: CollectionModel) -> None:
        if found.filling is not None:
            await self._filling(found.filling)
        if found.previous is not None:
            with parts.row():
                before = found.previous.filled_by or found.previous.model or "the model before"
                parts.soft(f"Before: {before}, {words.plural(found.previous.points, 'photo')}").classes(
                    "sl-grow sl-small"
                )
                parts.quiet("Search by it again", partial(self._switch, "previous"))
                parts.quiet("Drop it", partial(self._drop, "previous"))

    async def _filling(self, held: Held) -> None:
        with parts.row():
            parts.soft(
                f"{held.model} is being filled: {words.count(held.points)} of "
                f"{words.count(self._of.points_count)}; searches use the present one until all are there."
            ).classes("sl-grow sl-small")
            if held.job_id:
                ui.link("Its job", f"/jobs/{held.job_id}")
            parts.quiet("Switch now", partial(self._switch, "filling"))
            parts.quiet("Give it up", partial(self._drop, "filling"))
        parts.bar(100 * held.points / max(1, self._of.points_count))

    async def _ask(self) -> None:
        with ui.dialog() as dialog, ui.card().classes("sl-dialog"):
            parts.heading(f"Another model for {self._of.name}")
            parts.soft(
                "Its photos are looked at again, while the present model serves. Then searches change over "
                "at once; the present vectors are kept until you drop them."
            )
            model = ui.input("Model", autocomplete=SUGGESTED, placeholder="labels").props("outlined dense")
            with parts.row().style("justify-content: flex-end"):
                parts.quiet("Cancel", lambda: dialog.submit(None))
                parts.strong("Fill it", lambda: dialog.submit(model.value))
        wanted = await dialog
        dialog.delete()
        if wanted:
            try:
                await self._api.collections.change_model(self._of.name, wanted.strip())
            except SluiceError as error:
                shell.reported(error)
            await self.show()

    async def _switch(self, to: OtherModel) -> None:
        try:
            await self._api.collections.switch_model(self._of.name, to)
        except SluiceError as error:
            shell.reported(error)
        await self.show()

    async def _drop(self, what: OtherModel) -> None:
        if not await parts.confirmed("Drop these vectors? Another change would compute them again.", "Drop"):
            return
        try:
            await self._api.collections.drop_model(self._of.name, what)
        except SluiceError as error:
            shell.reported(error)
        await self.show()
