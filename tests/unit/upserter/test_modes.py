"""Which groups the modes of find-similar make of pictures that are alike."""

import math
from itertools import combinations

import numpy as np
import pytest

from libs.common.events import SimilarGroup
from libs.common.store.protocol import Payload, Point
from libs.common.store.vectors import Matrix
from services.upserter.tasks.comparing import around
from tests.unit.upserter.test_tasks import World, names, world

__all__ = ["world"]

STEP = math.acos(0.985)
"""Radians between two neighbours of a chain: alike, at a threshold of 0.98, while the next but one is not."""


def chain(count: int) -> list[list[float]]:
    """Blends of one picture into another."""
    return [[math.cos(STEP * n), math.sin(STEP * n), *[0.0] * 6] for n in range(count)]


async def stored(world: World, vectors: list[list[float]], payloads: list[Payload]) -> None:
    everything, _ = await world.store.scroll(world.collection, limit=1000, payload="none")
    await world.store.delete_points(world.collection, [record.id for record in everything])
    points = [
        Point(f"00000000-0000-0000-0000-{n:012}", vector, payload)
        for n, (vector, payload) in enumerate(zip(vectors, payloads, strict=True))
    ]
    await world.store.upsert(world.collection, points)


async def groups_of(world: World, **params: object) -> list[SimilarGroup]:
    over = await world.run(world.task("find_similar", **params))
    assert over.state == "completed"
    return world.groups(over.run)


def photo(path: str, **fields: object) -> Payload:
    return {"full_path": path, "filename": path.rpartition("/")[2], "width": 10, "height": 10, **fields}


async def test_a_chain_is_one_group_only_where_that_was_asked_for(world: World) -> None:
    await stored(world, chain(30), [photo(f"/p/{n:02}.jpg", width=100 - n) for n in range(30)])

    (connected,) = await groups_of(world, mode="similar")
    around_keepers = await groups_of(world)

    assert len(connected.points) == 30
    assert min(member.score for member in connected.points) < 0.1
    assert len(around_keepers) == 15
    assert all(member.score >= 0.98 for group in around_keepers for member in group.points)


async def test_in_strict_groups_every_pair_is_alike_and_in_keeper_groups_each_is_like_the_keeper(
    world: World,
) -> None:
    rows = chain(3)
    await stored(world, rows, [photo(f"/p/{n}.jpg", width=50 if n == 1 else 10) for n in range(3)])

    (keeper,) = await groups_of(world, mode="keeper")
    (strict,) = await groups_of(world, mode="strict")

    assert names([keeper])[0][0] == "1.jpg"
    assert len(keeper.points) == 3
    assert len(strict.points) == 2


async def test_links_and_what_lies_in_bins_are_in_no_group(world: World) -> None:
    payloads = [
        photo("/a/1.jpg"), photo("/nas/#recycle/1.jpg"), photo("/best/1.jpg", link_target="/a/1.jpg"),
    ]  # fmt: skip
    await stored(world, [chain(1)[0]] * 3, payloads)

    assert await groups_of(world) == []


async def test_a_protected_file_is_the_keeper(world: World) -> None:
    await stored(world, [chain(1)[0]] * 2, [photo("/a/1.jpg", width=99), photo("/best/1.jpg")])

    (group,) = await groups_of(world, protect=["/best"])

    assert group.reason == "in a protected folder"
    assert names([group]) == [["1.jpg", "1.jpg"]]


async def test_a_raw_and_its_jpeg_are_no_duplicates_of_each_other(world: World) -> None:
    await stored(world, [chain(1)[0]] * 2, [photo("/a/IMG_1.DNG", format="DNG"), photo("/a/img_1.jpg")])

    assert await groups_of(world) == []


async def test_a_copy_of_a_stack_is_one_member_that_names_the_other_file(world: World) -> None:
    paths = ["/a/IMG_1.dng", "/a/IMG_1.jpg", "/b/c/IMG_1.dng", "/b/c/IMG_1.jpg"]
    payloads = [photo(path, format="DNG" if path.endswith("dng") else "JPEG") for path in paths]
    await stored(world, [chain(1)[0]] * 4, payloads)

    (group,) = await groups_of(world)

    assert [(int(each.id[-2:]), [int(id_[-2:]) for id_ in each.stacked]) for each in group.points] == [
        (0, [1]), (2, [3]),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_each_row_of_a_group_is_near_its_first_and_no_keeper_is_near_an_earlier_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(60, 3))
    units: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    order = random.permutation(60)

    groups = around(units, order, 0.9)

    assert all((units[group[1:]] @ units[group[0]] >= 0.9 - 1e-6).all() for group in groups)
    firsts = [group[0] for group in groups]
    assert all(units[one] @ units[other] < 0.9 for one, other in combinations(firsts, 2))
    taken = np.concatenate(groups)
    assert len(taken) == len(set(taken.tolist()))
