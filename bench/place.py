"""Where a benchmark keeps what it needs."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Place:
    """`inputs` is kept from run to run; `scratch` is emptied when a run begins and ends."""

    inputs: Path
    scratch: Path
    _count: int = field(default=0)

    def fresh(self) -> Path:
        """A path in `scratch` that does not exist yet."""
        self._count += 1
        return self.scratch / f"{self._count:04}"

    def clear(self) -> None:
        """Delete `scratch`, and make it again."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
