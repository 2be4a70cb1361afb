"""`python -m bench [--only NAME]`: measure, print a table, write JSON; 1 if a target is missed."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import result
from bench.place import Place
from bench.result import Figure
from bench.rows import (
    apart,
    by_hand,
    ceilings,
    decoding,
    growing,
    jobs,
    latency,
    listeners,
    many,
    million,
    model,
    near_duplicates,
    reads,
    remaking,
    replicas,
    retry,
    running,
    searches,
)
from libs.common.runtime.private import UMASK

Row = Callable[[Place], Awaitable[list[Figure]]]

ROWS: dict[str, Row] = {
    "jpeg-12mp": decoding.large,
    "jpeg-12mp-lite-ml": decoding.large_lite,
    "jpeg-1024x768": decoding.small,
    "dng-24mp": decoding.raw,
    "processors": replicas.replicas,
    "start": running.start,
    "by-hand": by_hand.peer,
    "known": running.known,
    "known-apart": apart.known_apart,
    "model-kept-busy": running.busy_model,
    "one-photo": running.one_photo,
    "fairness": running.fairness,
    "feed": model.feed,
    "serve": model.serve,
    "serve-vit-b32": model.serve_vit,
    "near-duplicates": near_duplicates.near_duplicates,
}
ALONE: dict[str, Row] = {
    "million": million.million,
    "reads": reads.reads,
    "search": searches.search,
    "search-million": searches.search_million,
    "many-collections": many.many_collections,
    "remake": remaking.remake,
    "growth-jobs": jobs.growth_jobs,
    "growth-store": growing.growth_store,
    "readers": listeners.readers,
    "window": latency.latency,
    "retry": retry.retry,
    "ceilings": ceilings.ceilings,
}
"""Rows that take so long that they run only when asked for by name."""


def main() -> int:
    """Run the rows that are asked for; the exit status."""
    chosen = _parser().parse_args()
    folder = chosen.dir.resolve()
    place = Place(inputs=folder / "inputs", scratch=folder / "scratch")
    names = [chosen.only] if chosen.only else list(ROWS)
    place.clear()
    try:
        os.umask(UMASK)  # what a row fills before the system starts must not be open to others
        figures = asyncio.run(_measured(names, place))
    finally:
        place.clear()
    result.write(figures, folder / "results.json")
    return 0 if all(figure.reached for figure in figures) else 1


async def _measured(names: list[str], place: Place) -> list[Figure]:
    found: list[Figure] = []
    _say(result.HEADER)
    for name in names:
        start = time.monotonic()
        for figure in await (ROWS | ALONE)[name](place):
            found.append(result.loaded(figure))
            _say(result.line(found[-1]))
        _say(f"  ({name} took {time.monotonic() - start:.0f} s)")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Sluice next to the floors of this machine.")
    parser.add_argument("--only", choices=[*ROWS, *ALONE], help="one row instead of all")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"), help="inputs, results.json")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
