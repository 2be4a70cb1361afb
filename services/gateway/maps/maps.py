"""The map of a collection: a sample of its points in a plane, computed once until the collection changes."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libs.common.control import ClusterLabels
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.outgoing import fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.maps.child import Answer, Request
from libs.common.maps.geometry import Algorithm, Plane
from libs.common.points.projections import SAMPLE
from libs.common.store.protocol import Record, Store
from services.gateway.api.deadlines import deadline, refreshed
from services.gateway.collections.collections import Collections
from services.gateway.maps.process import Computing

MOST = 5_000
"""Points of one map."""
REQUEST_SECONDS = 25.0
"""How long a request waits; the clients of the map give it 30 s."""
KEPT = 8
"""Maps in memory: of 5,000 points each takes some 60 MB with its thumbnails."""
PAGE = 500

Options = dict[str, float | int | None]
Box = tuple[float, float, float, float]
"""Smallest x and y, largest x and y."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a map is of: another generation, or another number of points, is another map."""

    collection: str
    generation: str
    points: int
    sample: int


@dataclass(frozen=True, slots=True)
class Map:
    """Points with their thumbnails, and where each lies."""

    key: Key
    points: Sequence[Record]
    plane: Plane

    def within(self, box: Box) -> "Map":
        """Only the points in the box."""
        low, high = np.array(box[:2]), np.array(box[2:])
        inside = np.all((self.plane >= low) & (self.plane <= high), axis=1)
        kept = [point for point, is_inside in zip(self.points, inside, strict=True) if is_inside]
        return Map(self.key, kept, self.plane[inside])


class Maps:
    """Maps of the active collection. Calls that ask for the same one at the same time share its computing."""

    def __init__(
        self, store: Store, control: ControlTable, publisher: Publisher, collections: Collections
    ) -> None:
        self._store = store
        self._control = control
        self._publisher = publisher
        self._collections = collections
        self._computing = Computing()
        self._kept: OrderedDict[Key, asyncio.Task[Map]] = OrderedDict()

    async def map(self, sample: int) -> Map:
        """The map of `sample` points, at most MOST.

        Raises SluiceError no_collection_selected, map_failed, and map_pending while it is computed.
        """
        name = await self._collections.active()
        state = self._control.collection(name)
        key = Key(name, state.generation if state else "", await self._store.count(name), min(sample, MOST))
        task = self._kept.get(key)
        if task is None:
            task = self._kept[key] = asyncio.create_task(self._made(key))
            self._drop_old(key)
        self._kept.move_to_end(key)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await asyncio.shield(task)
        except TimeoutError as error:
            raise UnavailableError(
                Code.MAP_PENDING, f"the map of {name} is still being computed: ask again in a few seconds"
            ) from error
        except SluiceError:
            self._kept.pop(key, None)
            raise

    async def clusters(self, found: Map, algorithm: Algorithm, options: Options) -> Answer:
        """The clusters of a map."""
        request = Request(
            count=len(found.points), plane=found.plane.tobytes(), algorithm=algorithm, options=options
        )
        return await self._computing.run(request)

    async def label(self, cluster: int, label: str) -> None:
        """Name a cluster of the active collection's map, on every replica."""
        name = await self._collections.active()
        known = self.labels(name)
        async with deadline("writing the label"):
            await self._publisher.publish([fact(ClusterLabels(name=name, labels=known | {cluster: label}))])

    def labels(self, collection: str) -> dict[int, str]:
        """The names that were given to the collection's clusters."""
        return self._control.labels(collection)

    async def refreshed_labels(self, collection: str) -> dict[int, str]:
        """Likewise, with what was written just before."""
        await refreshed(self._control)
        return self.labels(collection)

    async def _made(self, key: Key) -> Map:
        points = await self._sampled(key)
        vectors = np.array([point.vector for point in points], dtype=np.float32)
        answer = await self._computing.run(Request(count=len(points), vectors=vectors.tobytes()))
        plane: Plane = np.frombuffer(answer.plane).reshape(len(points), 2)
        return Map(key, [Record(point.id, point.payload) for point in points], plane)

    async def _sampled(self, key: Key) -> list[Record]:
        """The first points by id. Ids are hashes of paths, so the first ones are as good as drawn by lot."""
        points: list[Record] = []
        after: str | None = None
        while len(points) < key.sample:
            limit = min(PAGE, key.sample - len(points))
            page, after = await self._store.scroll(
                key.collection, limit=limit, after=after, payload=SAMPLE, vectors=True
            )
            points += [point for point in page if point.vector]
            if after is None:
                break
        return points

    def _drop_old(self, key: Key) -> None:
        """Forget earlier states of the same collection, and the least used maps beyond KEPT."""
        now = (key.generation, key.points)
        for each in list(self._kept):
            if each.collection == key.collection and (each.generation, each.points) != now:
                del self._kept[each]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def close(self) -> None:
        """End what is being computed."""
        tasks = list(self._kept.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
