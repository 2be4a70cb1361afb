"""Searches of the library's script, answered as HTML: by words, by a stored photo, or by a picture."""

from html import escape

from fastapi import APIRouter, Request, Response

from libs.common.errors import SluiceError
from services.dashboard import shell
from services.dashboard.data import AS_IT_IS, as_it_comes, problem
from services.dashboard.media import Visitor
from services.dashboard.pages.library.filters import chosen
from services.dashboard.pages.library.found import HITS, first_page, next_page
from sluice import wire
from sluice.models.photos import SearchResults

router = APIRouter(prefix="/data", include_in_schema=False)


@router.get("/collections/{name}/found")
async def by_words(
    api: Visitor, name: str, q: str = "", like: str = "", f: str = "", cursor: str | None = None
) -> Response:
    """A page of photos by words, or like a stored photo."""
    what = (
        f"for {escape(q)}"
        if q
        else f'that look like <a href="{shell.url(f"/photo/{escape(like)}")}">this one</a>'
    )
    try:
        found = await api.photos.search(
            q or None, like=like or None, filters=chosen(f), limit=HITS, cursor=cursor,
            collection=name, thumbnails=True,
        )  # fmt: skip
    except SluiceError as error:
        return problem(error)
    return _shown(found, what, cursor)


@router.post("/collections/{name}/found")
async def by_picture(
    api: Visitor, request: Request, name: str, called: str = "it", f: str = "", cursor: str | None = None
) -> Response:
    """A page of photos that look like the picture in the form of the request, which is passed on."""
    given = {"limit": HITS, "filters": wire.as_query(chosen(f)), "cursor": cursor, "collection": name}
    params = wire.given({**given, "thumbnails": "true"})
    try:
        found = await api.http.call(
            "POST", "/search/image", SearchResults, params=params, **as_it_comes(request)
        )
    except SluiceError as error:
        return problem(error)
    return _shown(found, f"that look like {escape(called)}", cursor)


def _shown(found: SearchResults, what: str, cursor: str | None) -> Response:
    html = first_page(found, what) if cursor is None else next_page(found)
    return Response(html, media_type="text/html", headers=AS_IT_IS)
