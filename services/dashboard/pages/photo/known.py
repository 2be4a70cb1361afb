"""What is known of a photo, next to it."""

from html import escape

import msgspec
from nicegui import ui

from libs.common.points.fields import Fields
from services.dashboard import parts, shell
from services.dashboard.pages.library.filters import address
from services.dashboard.pages.photo.facts import folder_of, names, place, stated, technical
from sluice.models.photos import Filters, PhotoInfo

BELOW = "below"


def known(found: PhotoInfo) -> None:
    """Its name, caption, people and facts, where it was taken, and what can be done with its file."""
    with parts.card(), parts.stack():
        with parts.stack(tight=True):
            ui.label(found.title or found.filename).classes("sl-strong sl-path sl-title")
            for text in filter(None, (found.description, found.caption)):
                ui.label(text)
        _chips(found)
        _facts({**stated(found), **technical(found), **names(found)})
        if found.text:
            with parts.stack(tight=True):
                parts.soft("Text in the picture").classes("sl-small")
                ui.label(found.text).classes("sl-path sl-quoted")
        if where := place(found):
            ui.html(_where(*where), sanitize=False)
        with parts.row():
            ui.link("Download the original", f"/image/{found.id}?original=true")
            if folder := folder_of(found):
                ui.link("All of this folder", address("", {BELOW: folder}))


def _chips(found: PhotoInfo) -> None:
    """People, keywords and tags, each leading to all photos that have it."""
    fields = {
        Fields.people.name: found.people,
        Fields.keywords.name: found.keywords,
        Fields.tags.name: found.tags,
    }
    links = [(value, {field: value}) for field, values in fields.items() for value in values]
    if links:
        with parts.row():
            for value, filters in dict(links).items():
                _chip(value, filters)


def _chip(value: str, filters: Filters) -> None:
    ui.link(value, address("", filters)).classes("sl-chip")


def _facts(facts: dict[str, str]) -> None:
    with ui.element("dl").classes("sl-facts"):
        for name, value in facts.items():
            with ui.element("dt"):
                ui.label(name)
            with ui.element("dd"):
                ui.label(value)


def _where(lat: float, lon: float) -> str:
    """A place, and a map of it that is loaded from elsewhere only when somebody asks for it."""
    given = escape(msgspec.json.encode([lat, lon]).decode(), quote=True)
    return (
        f'<div class="sl-where"><button type="button" class="sl-button" data-place="{given}">'
        f"{shell.symbol('map')}Show on a map</button>"
        '<span class="sl-soft sl-small">loads it from openstreetmap.org</span></div>'
    )
