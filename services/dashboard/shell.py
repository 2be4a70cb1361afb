"""What every page has: the visitor's API, the navigation, and how an error or an empty page looks."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
from nicegui import app, ui

from libs.common.errors import Code, SluiceError
from services.dashboard.access import key_of
from sluice import AsyncClient

PAGES = (
    ("/", "Overview"),
    ("/library", "Library"),
    ("/jobs", "Jobs"),
    ("/add", "Add photos"),
    ("/duplicates", "Duplicates"),
    ("/map", "Map"),
    ("/collections", "Collections"),
)
MOUNT = "/ui"
STYLE = f"{MOUNT}/static/dashboard.css"


def url(path: str) -> str:
    """Where a page of the dashboard is."""
    return f"{MOUNT}{path}"


@asynccontextmanager
async def page(title: str, current: str) -> AsyncIterator[AsyncClient]:
    """A page with its navigation; the block fills its main part. An error of the gateway is shown in it."""
    http: httpx.AsyncClient = app.state.http
    api = AsyncClient(api_key=key_of(ui.context.client.request), connections=http, retries=0)
    _head(title)
    ui.html('<a class="sl-skip" href="#main">Skip to the content</a>', sanitize=False)
    with ui.element("header").classes("sl-top"):
        ui.link("Sluice", "/").classes("sl-brand")
        with ui.element("nav").classes("sl-nav").props('aria-label="Pages"'):
            for path, name in PAGES:
                link = ui.link(name, path)
                if path == current:
                    link.props("aria-current=page")
    with ui.element("main").classes("sl-main").props("id=main"):
        ui.html(f"<h1>{title}</h1>")
        with errors():
            yield api


def _head(title: str) -> None:
    ui.page_title(f"{title} - Sluice")
    ui.add_head_html(f'<link rel="stylesheet" href="{STYLE}"><meta name="color-scheme" content="light dark">')
    ui.colors(primary="#0f766e")


@contextmanager
def errors() -> Iterator[None]:
    """What the block raises is shown where it stands, in the gateway's words."""
    try:
        yield
    except SluiceError as error:
        if error.code == Code.UNAUTHORIZED:
            ask_for_key()
        else:
            notice(sentence(error), bad=True)


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
        'style="border:1px solid var(--line);border-radius:6px;padding:6px 10px;background:var(--bg)">'
        "<button>Continue</button></form>",
        sanitize=False,
    )


def notice(text: str, *, bad: bool = False) -> None:
    """A sentence that stands out."""
    ui.label(text).classes(f"sl-notice {'bad' if bad else ''}").props('role="status"')


def reported(error: SluiceError) -> None:
    """An error of an action, as a message that goes away by itself."""
    ui.notify(sentence(error), type="negative", multi_line=True)


def state_dot(state: str) -> None:
    """A state in a word, with its colour."""
    with ui.element("span").classes("sl-state"):
        ui.element("span").classes(f"sl-dot {state}").props('aria-hidden="true"')
        ui.label(state)


def bar(percent: float) -> None:
    """How far something is."""
    now = f'aria-valuenow="{percent:.0f}" aria-valuemin="0" aria-valuemax="100"'
    with ui.element("div").classes("sl-bar").props(f'role="progressbar" aria-label="Progress" {now}'):
        ui.element("div").style(f"width: {percent:.1f}%")


def empty(text: str, action: str, path: str) -> None:
    """A page with nothing to show yet, and where to begin."""
    with ui.element("div").classes("sl-card sl-empty"):
        ui.label(text).classes("sl-soft")
        ui.button(action, on_click=lambda: ui.navigate.to(path)).props("unelevated")
