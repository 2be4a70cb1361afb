"""What is delivered is known to the byte, and runs with as few rights as it needs."""

import re
from pathlib import Path
from typing import Any

import pytest

from scripts import sbom
from tests.unit.deploy.described import ROOT, compose

SERVICES: dict[str, dict[str, Any]] = compose()["services"]
PINS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_third_party_or_ours_has_no_rights_that_it_does_not_need(service: str) -> None:
    found = SERVICES[service]

    assert found["cap_drop"] == ["ALL"]
    assert found["read_only"] is True
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in found
    assert "cap_add" not in found


@pytest.mark.parametrize("service", ["kafka", "qdrant"])
def test_what_a_third_party_writes_has_a_place(service: str) -> None:
    """Its root is read-only: data goes into a volume, and what may be lost into memory."""
    found = SERVICES[service]

    assert found["volumes"]
    assert "/tmp" in found["tmpfs"]


def test_no_image_is_the_latest() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert all(re.search(r":v?\d+\.\d+\.\d+|@sha256:[0-9a-f]{64}$", image) for image in [*images, *bases])


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.stem)
def test_a_bill_of_materials_lists_each_pin_with_its_digests(pins: Path) -> None:
    pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", pins.read_text(), re.MULTILINE))
    made = sbom.document(pins)
    listed = [each for each in made["components"] if each["purl"].startswith("pkg:pypi/")]

    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    assert {each["name"]: each["version"] for each in listed} == pinned
    assert all(each["externalReferences"][0]["hashes"] for each in listed)
    assert len({each["bom-ref"] for each in made["components"]}) == len(made["components"])


def test_the_jars_of_the_embedded_broker_are_listed_where_it_is_installed() -> None:
    def listed(stem: str) -> int:
        made = sbom.document(ROOT / "requirements" / f"{stem}.txt")
        return sum(each["bom-ref"].startswith("jar:") for each in made["components"])

    assert listed("all") > 40
    assert listed("scanner") == 0


def test_the_same_pins_give_the_same_bytes(tmp_path: Path) -> None:
    sbom.main(str(tmp_path / "one"))
    sbom.main(str(tmp_path / "two"))

    made = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert len(made) == len(PINS)


def test_ci_makes_them() -> None:
    assert "sbom" in (ROOT / ".ci" / "run").read_text()
