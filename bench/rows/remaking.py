"""Row 17: a scan of points of an older payload version, next to known content in a new collection."""

from pathlib import Path

from bench import photos
from bench.costs import Costs
from bench.filled import BATCH
from bench.place import Place
from bench.result import Figure
from bench.rows.running import LIBRARY
from bench.system import System, stub, system
from libs.common.errors import Code, SluiceError
from libs.common.points.fields import Fields
from libs.common.points.payload import VERSION
from libs.common.store.edge import EdgeStore

OLDER = ("older-one", "older-two")
"""Collections whose points are made again, one after the other."""

OF_ROW_5 = 0.6
"""2,000 files a second, where row 5 has 3,375."""

PATIENCE_S = 900.0
"""How long the first job may take, on a busy machine."""


async def remake(place: Place) -> list[Figure]:
    """Points that are made again out of the cache, and by turns row 5 in the same run; no inference."""
    folder, data = photos.variants(place.inputs, LIBRARY), place.fresh()
    hits, again = list[float](), list[float]()
    hit_costs, again_costs = Costs(len(OLDER) * LIBRARY), Costs(len(OLDER) * LIBRARY)
    async with stub() as model:
        async with system(data, ML_INFERENCE_SERVICE_URL=model.base_url) as running:
            for name in OLDER:
                await running.collection(name)
                await running.ingest(folder, LIBRARY, PATIENCE_S)
        for name in OLDER:
            await _age(data / "store", name)
        await model.usage()
        async with system(data, ML_INFERENCE_SERVICE_URL=model.base_url) as running:
            for name in OLDER:
                await running.collection(f"next to {name}")
                hits.append(await _rate(running, folder, hit_costs))
                await running.select(name)
                again.append(await _rate(running, folder, again_costs))
        inferences = (await model.usage()).images
    await _check(data / "store", inferences)
    return [
        Figure(
            name="17 remade",
            value=max(again),
            unit="files/s",
            target=OF_ROW_5,
            baseline=max(hits),
            ratio=max(again) / max(hits),
            note=f"next to row 5; {again_costs.words()}; row 5: {hit_costs.words()}",
        )
    ]


async def _rate(running: System, folder: Path, costs: Costs) -> float:
    with costs.of(running):
        return LIBRARY / await running.ingest(folder, LIBRARY, PATIENCE_S)


async def _age(root: Path, name: str) -> None:
    """Have all points of the collection say that they are of an older version."""
    older = {Fields.payload_version.name: VERSION - 1}
    store = EdgeStore(root)
    try:
        after: str | None = None
        while True:
            page, after = await store.scroll(name, limit=BATCH, after=after, payload="none")
            await store.set_payload(name, {point.id: older for point in page})
            if after is None:
                return
    finally:
        await store.close()


async def _check(root: Path, inferences: int) -> None:
    """SluiceError unless all points are of the present version, and no picture was sent to the model."""
    store = EdgeStore(root)
    try:
        for name in OLDER:
            page, _ = await store.scroll(name, limit=2 * LIBRARY, payload=(Fields.payload_version.name,))
            made = sum(Fields(point.payload).payload_version == VERSION for point in page)
            if (made, inferences) != (LIBRARY, 0):
                detail = f"of {LIBRARY} points {made} were made again, by {inferences} inferences"
                raise SluiceError(Code.INTERNAL, detail)
    finally:
        await store.close()
