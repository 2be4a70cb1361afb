"""Photos: searching, listing, counting and looking at them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sluice import wire
from sluice.aio.http import AsyncHttp
from sluice.models import photos as body


@dataclass(frozen=True, slots=True)
class AsyncPhotos:
    """The photos of a gateway's collections."""

    http: AsyncHttp

    async def search(  # noqa: PLR0913 (one parameter a field)
        self,
        query: str | None = None,
        *,
        like: str | None = None,
        mode: body.Mode | None = None,
        filters: body.Filters | None = None,
        sort: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
        collection: str | None = None,
        thumbnails: bool = False,
    ) -> body.SearchResults:
        """Photos of a collection by words, or like a stored one (`like`: its id), best first.

        Without `collection` those of the active one. With `thumbnails` each has its JPEG in base64.

        Without both it lists them in the order of `sort` (a field, or -field).
        """
        sent = {
            "query": query, "like": like, "mode": mode, "filters": filters or None, "sort": sort,
            "limit": limit, "cursor": cursor, "collection": collection, "thumbnails": thumbnails or None,
        }  # fmt: skip
        return await self.http.call("POST", "/search", body.SearchResults, json=wire.given(sent))

    async def search_image(
        self,
        name: str,
        content: bytes,
        *,
        filters: body.Filters | None = None,
        limit: int = 20,
        cursor: str | None = None,
        collection: str | None = None,
        thumbnails: bool = False,
    ) -> body.SearchResults:
        """Photos of a collection, the active one unless it is named, that look most like a picture."""
        given = {
            "limit": limit,
            "filters": wire.as_query(filters),
            "cursor": cursor,
            "collection": collection,
            "thumbnails": "true" if thumbnails else None,
        }
        params = wire.given(given)
        files = {"file": (name, content)}
        return await self.http.call("POST", "/search/image", body.SearchResults, params=params, files=files)

    async def all(
        self,
        collection: str,
        *,
        filters: body.Filters | None = None,
        sort: str | None = None,
        page: int = 500,
    ) -> AsyncIterator[body.Photo]:
        """All photos of a collection in an order, the newest first unless `sort` says otherwise."""
        cursor = None
        while True:
            found = await self.page(collection, filters=filters, sort=sort, cursor=cursor, limit=page)
            for photo in found.items:
                yield photo
            cursor = found.next
            if cursor is None:
                return

    async def page(
        self,
        collection: str,
        *,
        filters: body.Filters | None = None,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> body.PhotoPage:
        """A page of a collection's photos."""
        path = f"/collections/{wire.segment(collection)}/images"
        params = {"limit": limit, "cursor": cursor, "sort": sort, "filters": wire.as_query(filters)}
        return await self.http.get(path, body.PhotoPage, **params)

    async def facets(
        self,
        collection: str,
        fields: Sequence[str],
        *,
        filters: body.Filters | None = None,
        limit: int = 50,
    ) -> body.Facets:
        """The most frequent values of each field, and how often each is there."""
        path = f"/collections/{wire.segment(collection)}/facets"
        params = {"fields": ",".join(fields), "limit": limit, "filters": wire.as_query(filters)}
        return await self.http.get(path, body.Facets, **params)

    async def similar(
        self, photo_id: str, *, limit: int = 20, thumbnails: bool = False
    ) -> body.SearchResults:
        """Photos that look like a stored one, in its own collection."""
        path = f"/images/{wire.segment(photo_id)}/similar"
        return await self.http.get(path, body.SearchResults, limit=limit, thumbnails=thumbnails or None)

    async def random(self) -> body.Photo:
        """Any photo of the active collection; SluiceError image_not_found while it is empty."""
        return await self.http.get("/random", body.Photo)

    async def info(self, photo_id: str) -> body.PhotoInfo:
        """What is known of a photo, in whatever collection; SluiceError image_not_found."""
        return await self.http.get(f"/images/{wire.segment(photo_id)}/info", body.PhotoInfo)

    async def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of at most 200 pixels a side."""
        return (await self.http.send("GET", f"/images/{wire.segment(photo_id)}/thumbnail")).content

    async def image(self, photo_id: str, *, original: bool = False) -> bytes:
        """The picture as browsers can show it, or the file as it is."""
        params = {"original": "true"} if original else {}
        path = f"/images/{wire.segment(photo_id)}/image"
        return (await self.http.send("GET", path, params=params)).content

    async def name_cluster(self, cluster: int, label: str) -> None:
        """Name a cluster of the active collection's map."""
        sent = {"cluster_id": cluster, "label": label}
        await self.http.send("POST", "/umap/cluster_label", prefix="", json=sent)

    async def map(self, *, sample: int = 500) -> body.PhotoMap:
        """A sample of the active collection in a plane in which neighbours look alike.

        Raises SluiceError map_pending (retryable) while the gateway computes it.
        """
        params = {"sample_size": sample}
        return await self.http.call("GET", "/umap/projection", body.PhotoMap, prefix="", params=params)
