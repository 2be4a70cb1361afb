"""The list for people in each archive folder: what came there from where, and what went back."""

import logging
import os
from contextlib import suppress
from pathlib import Path

from libs.common.errors import FileError
from libs.common.events import now
from libs.common.ids import display_name
from services.gateway.archive.journal import Carried, Way
from services.gateway.archive.moves.rules import Rules

log = logging.getLogger(__name__)

NAME = "manifest.txt"
_WORDS = {"archive": "archived", "restore": "restored"}


def note(rules: Rules, archive_id: str, way: Way, files: tuple[Carried, ...]) -> None:
    """Add a line for each file. It is for people: what counts is the journal, so a failure is only logged."""
    folder = Path(files[0].destination if way == "archive" else files[0].source).parent
    lines = [
        f"{now():%Y-%m-%dT%H:%M:%SZ} {_WORDS[way]} {_shown(file.source)} -> {_shown(file.destination)} "
        f"sha256={file.sha256} archive={archive_id}\n"
        for file in files
    ]
    try:
        with rules.places.of(folder / NAME) as place:
            rules.disk.append(place, "".join(lines).encode())
    except (OSError, FileError) as error:
        log.warning("%s cannot be written: %s", folder / NAME, error)


def tidy(rules: Rules, folder: Path) -> None:
    """Remove an archive folder that holds nothing but the list, if that is all; a failure is only logged."""
    try:
        if {path.name for path in folder.iterdir()} - {NAME}:
            return
        with suppress(FileNotFoundError), rules.places.of(folder / NAME) as place:
            rules.disk.unlink(place)
        with rules.places.of(folder) as place:
            rules.disk.remove_folder(place)
            rules.disk.sync_folder(place)
    except (OSError, FileError) as error:
        log.warning("%s stays, though it is empty: %s", folder, error)


def _shown(path: str) -> str:
    return display_name(os.fsencode(path)).replace("\n", "\\n")
