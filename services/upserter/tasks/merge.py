"""The task that copies collections into another one."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial

from libs.common.points.copying import copied, stored_at
from libs.common.points.fields import Fields, names
from libs.common.store.protocol import Point, Record, Store
from libs.common.tasks import Merge, params_of
from services.upserter.admission import Admission, Shape
from services.upserter.tasks.run import Run
from services.upserter.writing import Writer

PAGE = 128


async def merge(store: Store, admission: Admission, writer: Writer, run: Run) -> dict[str, int]:
    """Add the sources' points to the task's collection; nothing is taken from any of them.

    Where a file is in both, the point that was stored later stays, so a second attempt ends like the first.
    `kept` counts the points that the destination had later ones for. Raises SluiceError model_mismatch,
    vector_size_mismatch, collection_gone or collection_not_found.
    """
    sources = params_of(run.task, Merge).sources
    total = sum([await run.ask(partial(store.count, source)) for source in sources])
    totals = Counter({"copied": 0, "kept": 0, "rejected": 0})
    async for records in _pages(store, run, sources):
        await _admit(admission, run, records)
        points = [copied(each, run.task.collection, run.task.generation) for each in records]
        wanted = await _newer(store, run, records, points)
        rejected = await run.ask(partial(writer.write, run.task.collection, wanted))
        totals["copied"] += len(wanted) - len(rejected)
        totals["kept"] += len(points) - len(wanted)
        totals["rejected"] += len(rejected)
        await run.progress(100.0 * totals.total() / max(total, 1))
    return dict(totals)


async def _pages(store: Store, run: Run, sources: Sequence[str]) -> AsyncIterator[list[Record]]:
    for source in sources:
        after: str | None = None
        while True:
            page, after = await run.ask(partial(store.scroll, source, limit=PAGE, after=after, vectors=True))
            if page:
                yield page
            if after is None:
                break


async def _admit(admission: Admission, run: Run, records: Sequence[Record]) -> None:
    """Every model and size on the page must be the destination's; the first ones become it."""
    task = run.task
    shapes = {
        Shape(task.collection, task.generation, model, len(record.vector or ()))
        for record in records
        if (model := Fields(record.payload).model)
    }
    for shape in sorted(shapes, key=lambda each: (each.model, each.dimension)):
        await run.ask(partial(admission.check, shape))
    if not shapes:
        await run.check(task.collection, task.generation)


async def _newer(store: Store, run: Run, records: Sequence[Record], points: Sequence[Point]) -> list[Point]:
    """The points that the destination lacks, or has no later ones for."""
    ids = [point.id for point in points]
    present = await run.ask(
        partial(store.retrieve, run.task.collection, ids, payload=names(Fields.stored_at))
    )
    times = {record.id: stored_at(record) for record in present}
    return [
        point
        for record, point in zip(records, points, strict=True)
        if point.id not in times or times[point.id] <= stored_at(record)
    ]
