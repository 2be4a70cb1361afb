"""Pieces that several pages are made of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nicegui import ui

from services.dashboard import shell, words

Action = Callable[..., Any]
"""What a button does, at once or awaited."""


@contextmanager
def card(title: str = "") -> Iterator[ui.element]:
    """A surface with a heading."""
    with ui.element("section").classes("sl-card") as element:
        if title:
            heading(title)
        yield element


def heading(text: str) -> ui.element:
    """A heading of the second order."""
    with ui.element("h2") as element:
        ui.label(text)
    return element


def stack(*, tight: bool = False) -> ui.element:
    """Things below each other."""
    return ui.element("div").classes(f"sl-stack {'sl-tight' if tight else ''}")


def row() -> ui.element:
    """Things next to each other."""
    return ui.element("div").classes("sl-row")


def soft(text: str) -> ui.label:
    """A remark."""
    return ui.label(text).classes("sl-soft")


def soft_html(html: str) -> ui.html:
    """A remark with a time in it, as `time_of` or `age_of` writes it."""
    return ui.html(html, sanitize=False).classes("sl-soft")


def time_of(at: datetime) -> str:
    """A time as HTML: by the clock of who looks."""
    return f'<sl-time at="{at.isoformat()}">{words.moment(at)}</sl-time>'


def age_of(at: datetime) -> str:
    """How long ago something was, as HTML that stays true while the page is open."""
    return f'<sl-time at="{at.isoformat()}" age>{words.ago(at)}</sl-time>'


def state_dot(state: str) -> None:
    """A state in a word, with its colour."""
    with ui.element("span").classes("sl-state"):
        ui.element("span").classes(f"sl-dot {state}").props('aria-hidden="true"')
        ui.label(state)


def bar(percent: float) -> ui.element:
    """How far something is."""
    now = f'aria-valuenow="{percent:.0f}" aria-valuemin="0" aria-valuemax="100"'
    with ui.element("div").classes("sl-bar").props(f'role="progressbar" aria-label="Progress" {now}') as bar:
        ui.element("div").style(f"width: {percent:.1f}%")
    return bar


def number(value: str, name: str) -> None:
    """A number and what it counts."""
    with ui.element("div"):
        ui.label(value).classes("sl-number")
        ui.label(name).classes("sl-soft sl-small")


def quiet(text: str, action: Action, icon: str | None = None) -> ui.button:
    """A button that does not ask for attention."""
    return _button(text, action, icon).classes("sl-quiet")


def strong(text: str, action: Action, icon: str | None = None) -> ui.button:
    """The one button that a view leads to."""
    return _button(text, action, icon).classes("sl-strong-button")


def danger(text: str, action: Action) -> ui.button:
    """A button that takes something away."""
    return _button(text, action, None).classes("sl-danger")


def _button(text: str, action: Action, icon: str | None) -> ui.button:
    return ui.button(text, on_click=action, icon=icon, color=None).props("flat no-caps")


def empty(text: str, action: str, path: str, icon: str = "photo_library") -> None:
    """A page with nothing to show yet, and where to begin."""
    with ui.element("div").classes("sl-card sl-empty"):
        ui.html(shell.symbol(icon), sanitize=False)
        with ui.element("p"):
            ui.label(text)
        strong(action, lambda: ui.navigate.to(path))


def over_page() -> ui.dialog:
    """A dialog that stays open while what it was opened from is shown again."""
    with ui.context.client.content:
        return ui.dialog()


async def confirmed(question: str, action: str, *, typed: str | None = None) -> bool:
    """Whether the person means it; with `typed`, only where they have written that."""
    with over_page() as dialog, ui.card().classes("sl-dialog"):
        ui.label(question)
        written = ui.input(f"Type {typed} to confirm").props("outlined dense") if typed else None
        with ui.element("div").classes("sl-row").style("justify-content: flex-end"):
            quiet("Keep it as it is", lambda: dialog.submit(False))
            button = danger(action, lambda: dialog.submit(True))
        if written is not None:
            button.bind_enabled_from(written, "value", lambda value: value == typed)
    agreed = bool(await dialog)
    dialog.delete()
    return agreed
