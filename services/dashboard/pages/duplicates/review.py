"""The review of groups of similar photos, one after another: by mouse, touch or keyboard."""

from functools import partial
from html import escape
from urllib.parse import urlencode

import msgspec
from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.duplicates.members import compared
from services.dashboard.pages.duplicates.undoing import Done, Undoing
from services.dashboard.plan import agreed
from sluice import AsyncClient
from sluice.models.duplicates import Group, Member, Report

KEYS = {"k": "keep", "a": "archive", "Enter": "move", "d": "not duplicates", "n": "next", "p": "back",
        "u": "undo"}  # fmt: skip
LARGE = 12
"""Members that are shown as pictures of their own; of larger groups the first ones."""


class Review:
    """Groups of a report, and which members of the present one are to be archived."""

    def __init__(self, api: AsyncClient, task_id: str, report: Report, at: int) -> None:
        self._api = api
        self._task = task_id
        self._groups = list(report.results)
        self._next = report.next
        self._at = min(max(at, 0), len(self._groups) - 1)
        self._undoing = Undoing(api)
        self._place = parts.stack()
        ui.keyboard(on_key=self._key)

    async def show(self) -> None:
        """The present group, with the marks that the gateway advises."""
        await self._reach()
        if not self._groups:
            ui.navigate.to(f"/duplicates?view=similar&task={self._task}")
            return
        self._at = min(self._at, len(self._groups) - 1)
        self._group = self._groups[self._at]
        self._focus = 0
        self._archived = {each.id for each in self._group.points if each.advice == "archive"}
        self._drawn()
        given = urlencode({"view": "similar", "task": self._task, "at": self._at})
        address = msgspec.json.encode(f"{shell.url('/duplicates')}?{given}").decode()
        ui.run_javascript(f"history.replaceState(null, '', {address})")

    async def _reach(self) -> None:
        """Enough pages for the group that is to be shown."""
        while self._at >= len(self._groups) and self._next:
            page = await self._api.duplicates.report(self._task, cursor=self._next, sort="space")
            self._groups += page.results
            self._next = page.next

    def _drawn(self) -> None:
        self._place.clear()
        with self._place:
            self._bar()
            with ui.element("div").classes("sl-side-by-side"):
                for number, member in enumerate(self._group.points[:LARGE]):
                    self._member(number, member)
            if len(self._group.points) > LARGE:
                parts.soft(f"and {len(self._group.points) - LARGE} more, which follow the advice")
            ui.html(_keys(), sanitize=False)

    def _bar(self) -> None:
        with parts.card(), parts.row():
            with ui.element("div").classes("sl-grow"):
                more = "+" if self._next else ""
                ui.label(f"Group {self._at + 1} of {len(self._groups)}{more}").classes("sl-strong")
                won = f"; {words.size(self._undoing.won)} won so far" if self._undoing.won else ""
                parts.soft(
                    f"Stays: {self._group.reason}; at least {self._group.likeness:.3f} alike; "
                    f"{words.size(self._group.space)} to be had{won}"
                ).classes("sl-small")
            if self._undoing:
                parts.quiet("Undo", self._undo, "undo")
            parts.quiet("Back", partial(self._go, -1))
            parts.quiet("Skip", partial(self._go, 1))
            parts.quiet("Not duplicates", self._decide)
            count = len(self._archived)
            parts.strong(f"Archive {count}" if count else "Archive", self._move).set_enabled(bool(count))

    def _member(self, number: int, member: Member) -> None:
        goes, keeps = member.id in self._archived, member.id == self._group.keeper_id
        focused = " sl-focused" if number == self._focus else ""
        with ui.element("article").classes(f"sl-compared{' sl-goes' if goes else ''}{focused}"):
            ui.html(_picture(member), sanitize=False)
            with ui.element("div").classes("sl-stack sl-tight"):
                with parts.row():
                    ui.label(member.payload.filename).classes("sl-strong sl-path sl-grow")
                    ui.label("best" if keeps else f"{member.score:.3f}").classes(
                        f"sl-chip {'on' if keeps else ''}"
                    )
                ui.html(_facts(self._group, member), sanitize=False)
                with parts.row():
                    keep = parts.quiet("Keep", partial(self._mark, number, goes=False), "check")
                    archive = parts.quiet("Archive", partial(self._mark, number, goes=True), "inventory_2")
                    (archive if goes else keep).classes("on").props('aria-pressed="true"')

    def _mark(self, number: int, *, goes: bool) -> None:
        self._focus = number
        member = self._group.points[number].id
        rest = {each.id for each in self._group.points} - self._archived - {member}
        if goes and not rest:
            ui.notify("One photo of a group stays")
            return
        self._archived = self._archived | {member} if goes else self._archived - {member}
        self._drawn()

    async def _go(self, step: int) -> None:
        last = not self._next and self._at + step >= len(self._groups)
        if self._at + step < 0 or last:
            ui.notify("There is no further group")
            return
        self._at += step
        await self.show()

    async def _move(self) -> None:
        ids = sorted(self._archived)
        if not ids:
            return
        try:
            if not await agreed(await self._api.duplicates.archive_selection(ids, dry_run=True)):
                return
            done = await self._api.duplicates.archive_selection(ids)
        except SluiceError as error:
            shell.reported(error)
            return
        moved = {each.point_id for each in done.archived}
        won = sum(each.size or 0 for each in self._group.points if each.id in moved)
        self._undoing.add(Done(self._group, archive_id=done.archive_id, won=won))
        ui.notify(f"{words.plural(len(moved), 'file')} moved; Archived has the way back")
        await self._without_present()

    async def _decide(self) -> None:
        hashes = sorted({each.hash for each in self._group.points if each.hash})
        try:
            decided = await self._api.duplicates.decide(hashes)
        except SluiceError as error:
            shell.reported(error)
            return
        self._undoing.add(Done(self._group, decision_id=decided.decision_id))
        await self._without_present()

    async def _undo(self) -> None:
        if not self._undoing:
            ui.notify("There is nothing to undo")
            return
        try:
            group = await self._undoing.last()
        except SluiceError as error:
            shell.reported(error)
            return
        self._groups.insert(self._at, group)
        await self.show()

    async def _without_present(self) -> None:
        del self._groups[self._at]
        await self.show()

    async def _key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or event.action.repeat or event.modifiers.ctrl or event.modifiers.meta:
            return
        key, count = event.key.name, min(len(self._group.points), LARGE)
        if key in ("ArrowRight", "ArrowLeft"):
            self._focus = (self._focus + (1 if key == "ArrowRight" else -1)) % count
            self._drawn()
        elif key in ("k", "a"):
            self._mark(self._focus, goes=key == "a")
        elif key in ("n", "p"):
            await self._go(1 if key == "n" else -1)
        elif key == "d":
            await self._decide()
        elif key == "u":
            await self._undo()
        elif key == "Enter":
            await self._move()


def _keys() -> str:
    listed = "".join(f"<span><kbd>{escape(key)}</kbd> {what}</span>" for key, what in KEYS.items())
    arrows = "<span><kbd>&larr;</kbd> <kbd>&rarr;</kbd> choose</span>"
    return f'<p class="sl-keys sl-soft sl-small">{arrows}{listed}</p>'


def _picture(member: Member) -> str:
    name = escape(member.payload.filename, quote=True)
    return (
        f'<a class="sl-large" href="{shell.url(f"/photo/{member.id}")}" target="_blank">'
        f'<img src="{shell.url(f"/image/{member.id}")}" alt="{name}" loading="lazy"></a>'
    )


def _facts(group: Group, member: Member) -> str:
    lines = "".join(
        f"<dt>{shown.name}</dt><dd{' class=sl-differs' if shown.differs else ''}>{escape(shown.text)}</dd>"
        for shown in compared(group, member)
    )
    return f'<dl class="sl-facts sl-small">{lines}</dl>'
