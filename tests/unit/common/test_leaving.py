"""A replica leaves its group when others can work and it cannot, and comes back."""

from dataclasses import dataclass

from libs.common.errors import Code, UnavailableError
from libs.common.kafka.runner.leaving import AGAIN_SECONDS, Leaving

AFTER_S = 30.0


@dataclass
class World:
    """A replica's reason, whether others work, and the time."""

    reason: str | None = "Qdrant is away"
    others: bool | None = True
    now: float = 100.0

    async def others_work(self) -> bool:
        if self.others is None:
            raise UnavailableError(Code.BROKER_UNAVAILABLE, "no broker answers")
        return self.others

    def leaving(self) -> Leaving:
        return Leaving(lambda: self.reason, self.others_work, AFTER_S, lambda: self.now)

    async def after(self, leaving: Leaving, seconds: float) -> bool:
        """Whether it is out once so much time has passed."""
        await leaving.look()
        self.now += seconds
        await leaving.look()
        return leaving.is_out()


async def test_it_leaves_once_it_could_not_work_for_long_enough() -> None:
    world = World()
    leaving = world.leaving()
    assert not await world.after(leaving, AFTER_S - 1)
    assert await world.after(leaving, 1)


async def test_it_stays_where_no_other_can_work_or_the_brokers_are_away() -> None:
    for world in (World(others=False), World(others=None)):
        assert not await world.after(world.leaving(), 2 * AFTER_S)


async def test_a_short_time_away_does_not_count_towards_the_next() -> None:
    world = World()
    leaving = world.leaving()
    assert not await world.after(leaving, AFTER_S - 1)
    world.reason = None
    assert not await world.after(leaving, 1)
    world.reason = "away again"
    assert not await world.after(leaving, AFTER_S - 1)


async def test_it_comes_back_when_it_can_work_and_tries_again_at_times() -> None:
    world = World()
    leaving = world.leaving()
    assert await world.after(leaving, AFTER_S)
    assert await world.after(leaving, AGAIN_SECONDS - 1)
    assert not await world.after(leaving, 1)
    assert await world.after(leaving, AFTER_S)
    world.reason = None
    assert not await world.after(leaving, 0)
