"""What a search found, as HTML that a script puts into the page."""

from collections.abc import Sequence
from html import escape

from services.dashboard import shell, words
from services.dashboard.pages.photos import tile
from sluice.models.photos import Photo, SearchResults

HITS = 60


def first_page(found: SearchResults, what: str) -> str:
    """A sentence and the photos, the best first; `what` says in HTML what they were found by."""
    if not found.results:
        return _nothing(what)
    several = f"{words.plural(len(found.results), 'photo')} {what}, the best first"
    sentence = several if found.next is None else f"The best photos {what}"
    return f'<p class="sl-soft">{sentence}</p>{next_page(found)}'


def next_page(found: SearchResults) -> str:
    """The photos; a script adds them to those before."""
    guesses = [each for each in found.results if found.is_guess(each)]
    likely = [each for each in found.results if not found.is_guess(each)]
    return f"{_part('', likely)}{_part('Perhaps these too', guesses)}{_more(found, bool(guesses))}"


def _part(name: str, photos: Sequence[Photo]) -> str:
    if not photos:
        return ""
    heading = f"<h2>{name}</h2>" if name else ""
    tiles = "".join(map(tile, photos))
    return (
        f'<section class="sl-part" data-part="{name}">{heading}<div class="sl-grid">{tiles}</div></section>'
    )


def _more(found: SearchResults, is_guessed: bool) -> str:
    if found.next is None:
        return ""
    guessed = " data-guessed" if is_guessed else ""
    cursor = escape(found.next, quote=True)
    return (
        f'<button type="button" class="sl-more sl-button" data-cursor="{cursor}"{guessed}>Show more</button>'
    )


def _nothing(what: str) -> str:
    return (
        f'<div class="sl-card sl-empty">{shell.symbol("search_off")}<p>Nothing was found {what}.</p>'
        f'<a class="sl-button" href="{shell.url("/library")}">Show all photos</a></div>'
    )
