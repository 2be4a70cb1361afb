import re
from pathlib import Path
from typing import Any

import pytest

from libs.embedded import jars
from tests.unit.deploy.described import (
    OVER_HTTP,
    PORT,
    ROOT,
    STAGES,
    WITH_PHOTOS,
    compose,
    image_environment,
    known_to,
    rests,
    settings_of,
)

FILE = compose()
SERVICES: dict[str, dict[str, Any]] = FILE["services"]


def environment(stage: str) -> dict[str, str]:
    return dict(SERVICES[stage].get("environment") or {})


def mounts(stage: str) -> dict[str, tuple[str, bool]]:
    """By place in the container: what is mounted there, and whether it may be written."""
    split = [volume.rsplit(":ro", 1)[0].rpartition(":") for volume in SERVICES[stage].get("volumes", [])]
    writable = [not volume.endswith(":ro") for volume in SERVICES[stage].get("volumes", [])]
    return {where: (what, free) for (what, _, where), free in zip(split, writable, strict=True)}


def test_it_is_the_whole_system() -> None:
    assert SERVICES.keys() == {*STAGES, "kafka", "qdrant"}


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_built_by_its_name(stage: str) -> None:
    build = SERVICES[stage]["build"]
    assert build["args"] == {"STAGE": stage}
    assert (ROOT / build["context"] / "Dockerfile").is_file()


@pytest.mark.parametrize("stage", STAGES)
def test_every_name_in_its_environment_is_one_that_it_reads_with_a_value_that_will_do(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment(stage).keys() <= known_to(stage)
    for name, value in (image_environment() | environment(stage)).items():
        monkeypatch.setenv(name, value)
    settings_of(stage)()


def test_the_names_of_hosts_are_services_and_the_ports_what_they_listen_on() -> None:
    for stage in STAGES:
        found = environment(stage)
        for name in ("KAFKA_BOOTSTRAP_SERVERS", "ML_INFERENCE_SERVICE_URL"):
            host, _, port = found.get(name, "kafka:9092").removeprefix("http://").partition(":")
            assert port == {"kafka": "9092", "ml": str(PORT)}[host]
        assert found.get("QDRANT_HOST", "qdrant") in SERVICES
    assert SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://kafka:9092"


def test_every_stage_that_needs_kafka_waits_until_it_is_healthy() -> None:
    for stage in set(STAGES) - OVER_HTTP:
        needs = SERVICES[stage]["depends_on"]
        assert needs.keys() <= SERVICES.keys()
        assert needs["kafka"]["condition"] == "service_healthy"
        assert all(need["condition"] == "service_healthy" for need in needs.values())
    assert "ml" in SERVICES["inferencer"]["depends_on"]


def test_who_has_no_health_check_in_its_image_has_one_here() -> None:
    for name in ("kafka", "qdrant"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_everything_has_limits_and_comes_back() -> None:
    for service in SERVICES.values():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
        assert service["restart"] == "unless-stopped"


def test_photos_and_uploads_are_at_the_same_place_for_all_who_need_them() -> None:
    seen = {stage: mounts(stage) for stage in WITH_PHOTOS}
    assert len({found["/photos"] for found in seen.values()}) == 1
    assert {found["/uploads"][0] for found in seen.values()} == {"uploads"}
    assert seen["gateway"]["/uploads"][1], "the gateway writes uploads"
    for stage in WITH_PHOTOS:
        assert environment(stage)["SCAN_ROOTS"] == "/photos"
        assert environment(stage)["UPLOAD_DIR"] == "/uploads"


def test_each_replica_has_a_data_dir_of_its_own() -> None:
    for stage in set(STAGES) - OVER_HTTP:
        assert mounts(stage)[image_environment()["DATA_DIR"]] == ("", True)


@pytest.mark.parametrize("stage", STAGES)
def test_what_it_writes_to_is_its_own(stage: str) -> None:
    """The root is read-only, and a volume has the owner of the folder in the image, or belongs to root."""
    (made,) = [rest for rest in rests("RUN") if "install -d" in rest]
    owned = re.split(r" -d -m 0700 -o 10001 -g 10001 ", made)[1].split()
    volumes = {where for where, (what, _) in mounts(stage).items() if "/" not in what}
    assert volumes <= set(owned)
    assert SERVICES[stage]["read_only"]


def test_the_journals_of_moved_photos_outlive_the_gateway_s_container() -> None:
    assert mounts("gateway")[environment("gateway")["ARCHIVE_DIR"]] == ("archives", True)


def test_a_page_whose_name_was_made_to_mean_this_machine_is_refused() -> None:
    named = environment("gateway")["ALLOWED_HOSTS"].split(",")
    assert {"localhost", "127.0.0.1"} <= set(named), "the probe and the published port call it so"


def test_no_log_grows_for_ever() -> None:
    for service in SERVICES.values():
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_every_named_volume_is_declared() -> None:
    named = {what for name in SERVICES for what, _ in mounts(name).values() if re.fullmatch(r"\w+", what)}
    assert named == FILE["volumes"].keys()


def test_only_gateway_and_dashboard_are_reached_and_only_from_this_machine() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"gateway", "dashboard"}
    assert SERVICES["gateway"]["ports"] == [f"127.0.0.1:8002:{PORT}"]
    assert SERVICES["dashboard"]["ports"] == [f"127.0.0.1:8003:{PORT}"]


def test_what_needs_nothing_outside_reaches_nothing_there() -> None:
    assert FILE["networks"] == {"inside": {"internal": True}}
    assert all("inside" in service["networks"] for service in SERVICES.values())
    shut = {name for name, service in SERVICES.items() if "default" not in service["networks"]}
    assert shut == {"kafka", "qdrant", "inferencer", "upserter"}
    assert not {name for name in shut if "ports" in SERVICES[name]}, "an internal network publishes no port"


def test_the_broker_and_the_store_are_the_versions_that_are_tested() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{jars.KAFKA_VERSION}"
    client = re.search(
        r"^qdrant-client==(\d+\.\d+)", Path(ROOT / "requirements/upserter.txt").read_text(), re.MULTILINE
    )
    assert client
    assert re.fullmatch(rf"qdrant/qdrant:v{re.escape(client[1])}\.\d+", SERVICES["qdrant"]["image"])


def test_the_decoders_fit_the_processors_memory() -> None:
    limit = SERVICES["processor"]["deploy"]["resources"]["limits"]["memory"]
    found = environment("processor")
    decoders = int(found["DECODE_WORKERS"]) * int(found["DECODE_MEMORY_BYTES"])
    assert decoders <= int(limit.removesuffix("g")) * (1 << 30) * 3 // 4
