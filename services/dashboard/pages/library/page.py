"""The library: a timeline of the active collection, narrowed by facets, or what a search found in it."""

from html import escape

from nicegui import ui

from services.dashboard import parts, selection, shell
from services.dashboard.pages.library.filters import chosen
from services.dashboard.pages.library.narrowing import Narrowing
from services.dashboard.pages.library.view import View, view


async def library(q: str = "", f: str = "", like: str = "") -> None:
    """The page; its address says what is searched for, or like which photo, and the filters as JSON."""
    async with shell.page("Library", "/library", "gallery", "library", wide=True) as api:
        collection = (await api.capabilities()).active_collection
        if collection is None:
            parts.empty("No collection yet: the first photos you add make one.", "Add photos", "/add")
            return
        wanted = View(collection, q, like, chosen(f))
        _controls(q)
        narrowing = Narrowing(api, collection)
        found = await narrowing.count(wanted.filters)
        if not found.total and not wanted.filters:
            parts.empty(f"The collection {collection} is empty.", "Add photos", "/add")
            return
        narrowing.show(q, like)
        view(wanted, found)
        ui.on("viewed", narrowing.follow)
        selection.listen(api, collection)


def _controls(query: str) -> None:
    """The search field, and a picture to search by; a script does what they say."""
    ui.html(
        f'<form class="sl-search" role="search" action="{shell.url("/library")}">'
        f'<label class="sl-field">{shell.symbol("search")}<input type="search" name="q" aria-label="Search" '
        f'value="{escape(query, quote=True)}" placeholder="beach, cat, IMG_2041" autocomplete="off" '
        'enterkeyhint="search"></label>'
        '<button type="button" class="sl-button sl-by-picture" aria-label="Find by picture">'
        f"{shell.symbol('image_search')}<span>Find by picture</span></button>"
        '<input type="file" accept="image/*" hidden aria-hidden="true" tabindex="-1"></form>',
        sanitize=False,
    )
