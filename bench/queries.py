"""`python -m bench.queries`: 40 searches over the sample photos, by model; docs/models.md has the result.

`--model NAME` adds a fetched model. Each query names the photos that a person would expect first.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import FileError, SluiceError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from services.ml.choice import LABELS, LITE, backend_of
from services.ml.engine.backend import Backend, Described
from services.ml.settings import MLServiceSettings
from tests.support.photos import real_photos

QUERIES: Mapping[str, Sequence[str]] = {
    "cat": ["chelsea"],
    "kitten": ["chelsea"],
    "pet": ["chelsea"],
    "animal": ["chelsea"],
    "coffee": ["coffee"],
    "a cup of coffee": ["coffee"],
    "espresso": ["coffee"],
    "drink": ["coffee"],
    "breakfast": ["coffee"],
    "rocket": ["rocket"],
    "rocket launch": ["rocket"],
    "spaceship": ["rocket"],
    "motorcycle": ["motorcycle_left", "motorcycle_right"],
    "motorbike in a garage": ["motorcycle_left", "motorcycle_right"],
    "vehicle": ["motorcycle_left", "motorcycle_right"],
    "scooter": ["motorcycle_left", "motorcycle_right"],
    "temple": ["china"],
    "chinese palace": ["china"],
    "building": ["china"],
    "architecture": ["china"],
    "flower": ["flower"],
    "a daisy in the garden": ["flower"],
    "plant": ["flower"],
    "orange blossom": ["flower"],
    "woman": ["astronaut", "grace_hopper"],
    "person": ["astronaut", "grace_hopper", "camera"],
    "portrait": ["astronaut", "grace_hopper"],
    "astronaut": ["astronaut"],
    "space suit": ["astronaut"],
    "uniform": ["grace_hopper"],
    "navy officer": ["grace_hopper"],
    "photographer": ["camera"],
    "camera on a tripod": ["camera"],
    "coins": ["coins"],
    "money": ["coins"],
    "moon": ["moon"],
    "stars": ["hubble_deep_field"],
    "galaxies": ["hubble_deep_field"],
    "brick wall": ["brick"],
    "lawn": ["grass"],
}


@dataclass(frozen=True, slots=True)
class Album:
    """What a model made of the photos, by their names."""

    backend: Backend
    photos: Mapping[str, Described]

    @classmethod
    def of(cls, model: str, models: Path) -> "Album":
        """The sample photos as they travel; raises SluiceError where the model is not here."""
        backend = backend_of(MLServiceSettings(ml_model=model, ml_models_dir=models))
        backend.load()
        return cls(backend, {path.stem: described(backend, path) for path in real_photos()})

    def first(self, query: str) -> str | None:
        """The photo found first: by meaning if the model has text, else by words."""
        if not self.backend.has_text_model:
            return self._by_words(query)
        try:
            vector = self.backend.embed_text(query).embedding
        except SluiceError:
            return self._by_words(query)
        return max(self.photos, key=lambda name: float(self.photos[name].embedding @ vector))

    def _by_words(self, query: str) -> str | None:
        wanted = words(query)
        found = {name: len(wanted & words(f"{name} {self.photos[name].caption}")) for name in self.photos}
        best = max(found, key=lambda name: found[name])
        return best if found[best] else None


def described(backend: Backend, path: Path) -> Described:
    """What the model says of the photo."""
    jpeg = normalise(path.read_bytes(), Limits(short_side=backend.input_side or 448)).jpeg
    (found,) = backend.compute([backend.prepare(jpeg, caption=True)])
    if isinstance(found, FileError):
        raise found
    return found


def words(text: str) -> set[str]:
    """Its words, lower case, those of a file's name one by one."""
    return set(re.findall(r"[a-z]+", text.lower().replace("_", " ")))


def table(albums: Mapping[str, Album]) -> Iterator[str]:
    """The rows, as Markdown, and a last one with how often each model was right."""
    yield f"| Query | Expected | {' | '.join(albums)} |"
    yield "|---" * (2 + len(albums)) + "|"
    right = dict.fromkeys(albums, 0)
    for query, expected in QUERIES.items():
        found = {name: album.first(query) for name, album in albums.items()}
        for name, first in found.items():
            right[name] += first in expected
        shown = " | ".join(_cell(first, expected) for first in found.values())
        yield f"| {query} | {', '.join(expected)} | {shown} |"
    yield f"| **right first** | of {len(QUERIES)} | {' | '.join(str(count) for count in right.values())} |"


def _cell(first: str | None, expected: Sequence[str]) -> str:
    if first is None:
        return "nothing"
    return "yes" if first in expected else first


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.queries", description="40 searches over the sample photos.")
    parser.add_argument("--model", action="append", default=[], help="one more model")
    parser.add_argument("--models-dir", type=Path, default=Path("data/models"))
    requested = parser.parse_args()
    albums = {name: Album.of(name, requested.models_dir) for name in (LABELS, LITE, *requested.model)}
    sys.stdout.writelines(f"{line}\n" for line in table(albums))
    return 0


if __name__ == "__main__":
    sys.exit(main())
