"""Pages made in the engine's process: in one call what would else be several, each waiting for its turn."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from libs.common.store.engine.shard import Shard
from libs.common.store.protocol import Filter, Order, PayloadFields, Ranked, Ranking, Record

ResultT = TypeVar("ResultT")


class ShardStore:
    """A shard as the Reads that pages are made of; no call waits for anything."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard

    async def rank(
        self, _: str, ranking: Ranking, *, limit: int, where: Filter | None = None
    ) -> list[Ranked]:
        """See Store."""
        return self._shard.rank(ranking, limit, where)

    async def ordered(
        self,
        _: str,
        order: Order,
        *,
        limit: int,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[Record]:
        """See Store."""
        return self._shard.ordered(order, limit, where, payload)

    async def scroll(
        self,
        _: str,
        *,
        limit: int,
        after: str | None = None,
        where: Filter | None = None,
        payload: PayloadFields = "all",
        vectors: bool = False,
    ) -> tuple[list[Record], str | None]:
        """See Store."""
        return self._shard.scroll(limit, after, where, payload, vectors)

    async def retrieve(
        self, _: str, ids: Sequence[str], *, payload: PayloadFields = "all", vectors: bool = False
    ) -> list[Record]:
        """See Store."""
        return self._shard.retrieve(ids, payload, vectors)


def at_once(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """The result of a coroutine that waits for nothing; RuntimeError if it does."""
    try:
        work.send(None)
    except StopIteration as done:
        result: ResultT = done.value
        return result
    work.close()
    raise RuntimeError("it waits")
