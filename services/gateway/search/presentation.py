"""What was found, as clients read it."""

from services.gateway.search import models as body
from services.gateway.search.gallery import Listed
from services.gateway.search.requested import Hit, Hits


def hits_out(found: Hits) -> body.Hits:
    """A page of hits."""
    results = [_hit(hit) for hit in found.found]
    return body.Hits(
        results=results,
        mode=found.mode,
        model=found.model,
        complete=True,
        next=found.next,
        collection=found.collection,
        floor=found.floor,
    )


def listed_out(found: Listed) -> body.ListedPage:
    """A page of a list."""
    items = [body.ListedImage(id=record.id, payload=record.payload) for record in found.items]
    return body.ListedPage(items=items, next=found.next)


def _hit(hit: Hit) -> body.Hit:
    words = [body.WordFoundOut(word=each.word, field=each.field) for each in hit.why.words]
    why = body.WhyOut(likeness=hit.why.likeness, words=words)
    return body.Hit(id=hit.id, score=hit.score, payload=hit.payload, why=why)
