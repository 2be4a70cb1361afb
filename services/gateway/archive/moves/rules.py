"""Where files may be moved, and what they are moved with."""

from dataclasses import dataclass

from libs.common.sources.files.opening import Opener
from libs.common.sources.files.places import Places
from libs.common.sources.roots import Readable
from libs.common.sources.sources import Sources
from services.gateway.archive.moves.disk import Disk


@dataclass(frozen=True, slots=True)
class Rules:
    """Files are read through `sources`, found at `places`, and changed on `disk`."""

    disk: Disk
    sources: Sources
    places: Places

    @classmethod
    def below(cls, roots: Readable, disk: Disk) -> "Rules":
        """What is below the roots may move, and to nowhere else."""
        return cls(disk, Sources(roots), Places(Opener(roots)))
