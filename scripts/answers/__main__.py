"""Records what a small real system answers to each call, for the API pages: `python -m scripts.answers`.

To be run again when an answer gets another field: tests hold what is recorded against the models.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from cli import samples
from scripts.answers import calls
from scripts.answers.recorder import Recorder, operations
from services.gateway.api_docs.openapi import ANSWERS
from tests.support.system import system

MANY = 80
"""Files of a job that is still at work when the next call comes."""


async def record(home: Path) -> dict[str, Any]:
    """The answers of each operation by their status."""
    folder = home / "holiday"
    samples.make(folder)
    (folder / "many").mkdir()
    noise = folder / "many" / "noise000.jpg"
    Image.effect_noise((2400, 1600), 60).convert("RGB").save(noise)
    for number in range(1, MANY):
        # Bytes after a picture's end make another file of it.
        noise.with_stem(f"noise{number:03}").write_bytes(noise.read_bytes() + bytes([number]))
    async with system(home / "data", ML_MODEL="lite", INSTANCE="photos") as running:
        names = {str(folder): "/photos/holiday", str(home): "/srv/sluice", running.base_url: ""}
        async with httpx.AsyncClient(base_url=running.base_url, timeout=60) as client:
            recorder = Recorder(client, names, operations())
            job = await calls.of_jobs(recorder, folder)
            await calls.of_the_system(recorder)
            ids = await calls.of_photos(recorder, folder)
            await calls.of_duplicates(recorder, job, ids, folder)
            await calls.of_libraries(recorder, folder)
            await calls.of_collections(recorder, ids)
            await calls.of_nothing(recorder)
    return dict(sorted(recorder.answers.items()))


def main() -> None:
    """Write them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        answers = asyncio.run(record(Path(home)))
    ANSWERS.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
    known = {name for _, _, name in operations()}
    sys.stdout.write(
        f"{len(answers)} of {len(known)}; without: {', '.join(sorted(known - answers.keys()))}\n"
    )


if __name__ == "__main__":
    main()
