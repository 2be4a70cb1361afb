"""Duplicates: four views of one page, each with its address."""

from html import escape

from nicegui import ui

from libs.common.errors import Code, SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.duplicates.archived import archived
from services.dashboard.pages.duplicates.decided import decided
from services.dashboard.pages.duplicates.identical import identical
from services.dashboard.pages.duplicates.similar import similar

VIEWS = {"identical": "Identical", "similar": "Similar", "decided": "Not duplicates", "archived": "Archived"}


async def duplicates(view: str = "identical", task: str = "", at: int = 0) -> None:
    """The page; `task` is the search whose groups are reviewed, `at` the group that is shown."""
    async with shell.page("Duplicates", "/duplicates", "duplicates") as api:
        ui.html(_tabs(view), sanitize=False)
        try:
            if view == "similar":
                await similar(api, task, at)
            elif view == "decided":
                await decided(api)
            elif view == "archived":
                await archived(api)
            else:
                await identical(api)
        except SluiceError as error:
            if error.code != Code.NO_COLLECTION_SELECTED:
                raise
            parts.empty("No collection yet: the first photos you add make one.", "Add photos", "/add")


def _tabs(current: str) -> str:
    links = "".join(
        f'<a href="{shell.url("/duplicates")}?view={name}"{" aria-current=true" if name == current else ""}>'
        f"{escape(title)}</a>"
        for name, title in VIEWS.items()
    )
    return f'<nav class="sl-tabs" aria-label="Views of duplicates">{links}</nav>'
