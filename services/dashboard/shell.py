"""What every page has: the visitor's API, the navigation, and how an error or an empty page looks."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from html import escape

import httpx
from nicegui import app, ui

from libs.common.errors import Code, SluiceError
from services.dashboard import assets
from services.dashboard.access import key_of
from sluice import AsyncClient

PAGES = (
    ("/", "Overview", "insights"),
    ("/library", "Library", "photo_library"),
    ("/map", "Map", "bubble_chart"),
    ("/duplicates", "Duplicates", "filter_none"),
    ("/collections", "Collections", "collections_bookmark"),
    ("/add", "Add photos", "add_photo_alternate"),
    ("/libraries", "Followed folders", "folder_special"),
    ("/jobs", "Jobs", "checklist"),
)
SECOND_PART = "/add"
"""From here on the navigation is about bringing photos in."""
MOUNT = "/ui"
RETRIES = 1
"""Reads are tried once more: the gateway may have closed the connection that they were sent on."""
AGAIN_SECONDS = 3.0
"""After this long a page that the gateway could not answer tries again."""
STYLES = ("dashboard", "shell", "photos")


def url(path: str) -> str:
    """Where a page of the dashboard is."""
    return f"{MOUNT}{path}"


@asynccontextmanager
async def page(title: str, current: str, *styles: str, wide: bool = False) -> AsyncIterator[AsyncClient]:
    """A page with its navigation; the block fills its main part. An error of the gateway is shown in it.

    `styles` names style sheets of its own; a wide page takes all the room there is.
    """
    _head(title, (*STYLES, *styles))
    script("shell.js")
    ui.html(_navigation(current), sanitize=False)
    # Quasar puts all of it into the one <main> of the page.
    with ui.element("div").classes(f"sl-main {'' if wide else 'sl-narrow'}").props("id=main tabindex=-1"):
        ui.html(f"<h1>{escape(title)}</h1>", sanitize=False)
        with errors(again=True):
            yield client()


def client() -> AsyncClient:
    """The gateway, with the key of the visitor whose page this is."""
    http: httpx.AsyncClient = app.state.http
    return AsyncClient(api_key=key_of(ui.context.client.request), connections=http, retries=RETRIES)


def _head(title: str, styles: tuple[str, ...]) -> None:
    ui.page_title(f"{title} - Sluice")
    links = "".join(f'<link rel="stylesheet" href="{static(f"{name}.css")}">' for name in styles)
    ui.add_head_html(f'{links}<meta name="color-scheme" content="light dark">')


def static(name: str) -> str:
    """Where a file of the dashboard's own is."""
    return url(f"{assets.folder()}/{name}")


def script(name: str) -> None:
    """A module of the dashboard's own, which the page runs."""
    ui.add_body_html(f'<script type="module" src="{static(name)}"></script>')


def _navigation(current: str) -> str:
    links = "".join(_link(path, name, icon, path == current) for path, name, icon in PAGES)
    return (
        '<a class="sl-skip" href="#main">Skip to the content</a><header class="sl-side">'
        f'<a class="sl-brand" href="{url("/")}">Sluice</a>'
        f'<sl-pages><nav class="sl-nav" aria-label="Pages">{links}</nav></sl-pages></header>'
    )


def _link(path: str, name: str, icon: str, is_current: bool) -> str:
    current = ' aria-current="page"' if is_current else ""
    later = ' class="sl-later"' if path == SECOND_PART else ""
    return f'<a href="{url(path)}"{later}{current}>{symbol(icon)}{escape(name)}</a>'


def symbol(name: str) -> str:
    """A picture from the icon font that NiceGUI brings along, as HTML; nothing to a screen reader."""
    return f'<i class="material-icons" data-icon="{escape(name, quote=True)}" aria-hidden="true"></i>'


@contextmanager
def errors(*, again: bool = False) -> Iterator[None]:
    """What the block raises is shown where it stands, in the gateway's words.

    With `again` the page is loaded again after a while, where that may help.
    """
    try:
        yield
    except SluiceError as error:
        if error.code == Code.UNAUTHORIZED:
            ask_for_key()
        else:
            notice(sentence(error), bad=True)
            if again and (error.retryable or error.code == Code.GATEWAY_UNAVAILABLE):
                ui.timer(AGAIN_SECONDS, ui.navigate.reload, once=True)


def sentence(error: SluiceError) -> str:
    """An error in words; where the gateway is, is nothing that a visitor can fix."""
    if error.code == Code.GATEWAY_UNAVAILABLE:
        return "the gateway does not answer; this page tries again by itself"
    return error.detail


def ask_for_key() -> None:
    """The form in which a visitor gives the gateway's key."""
    ui.html(
        f'<form method="post" action="{MOUNT}/key" class="sl-card sl-row">'
        '<label for="key">API key of the gateway</label>'
        '<input id="key" name="key" type="password" autocomplete="current-password" required '
        'style="border:1px solid var(--line);border-radius:8px;padding:6px 12px;background:var(--bg)">'
        "<button>Continue</button></form>",
        sanitize=False,
    )


def notice(text: str, *, bad: bool = False) -> None:
    """A sentence that stands out."""
    ui.label(text).classes(f"sl-notice {'bad' if bad else ''}").props('role="status"')


def reported(error: SluiceError) -> None:
    """An error of an action, as a message that goes away by itself."""
    ui.notify(sentence(error), type="negative", multi_line=True)
