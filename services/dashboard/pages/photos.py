"""A grid of photos, as searches and similar photos show them."""

from collections.abc import Iterable
from html import escape

from nicegui import ui

from services.dashboard import shell
from sluice.models.photos import Photo


def grid(photos: Iterable[Photo], *, strip: bool = False) -> None:
    """The photos as squares that lead to their pages; in one row, if it is a strip."""
    kind = "sl-strip" if strip else "sl-grid"
    ui.html(f'<div class="{kind}">{"".join(map(tile, photos))}</div>', sanitize=False)


def tile(photo: Photo) -> str:
    """One photo as HTML."""
    name = escape(photo.payload.filename, quote=True)
    caption = escape(photo.payload.caption or photo.payload.filename, quote=True)
    reason = f'<span class="sl-reason">{escape(why(photo))}</span>' if why(photo) else ""
    return (
        f'<a class="sl-photo" href="{shell.url(f"/photo/{photo.id}")}" title="{name}" '
        f'data-id="{escape(photo.id, quote=True)}"><img {_source(photo)} alt="{caption}">'
        f"<span>{name}</span>{reason}</a>"
    )


def _source(photo: Photo) -> str:
    inline = photo.payload.thumbnail_base64
    return (
        f'src="data:image/jpeg;base64,{inline}"' if inline else f'loading="lazy" src="{thumbnail(photo.id)}"'
    )


def why(photo: Photo) -> str:
    """Why a photo was found, in a few words; empty in a plain list."""
    if photo.why is None:
        return ""
    found = ", ".join(dict.fromkeys(each.word for each in photo.why.words))
    likeness = "" if photo.why.likeness is None else f"{photo.why.likeness:.2f} alike"
    return ", ".join(filter(None, (found, likeness)))


def thumbnail(photo_id: str) -> str:
    """Where a photo's thumbnail is."""
    return shell.url(f"/thumbnail/{photo_id}")
