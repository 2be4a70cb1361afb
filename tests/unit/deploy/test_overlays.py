"""The overlays as they are rendered: whole, valid, and true to what the code knows."""

import shutil
from typing import Any

import pytest

from libs.common.stages import INFERENCER, PROCESSOR, UPSERTER
from libs.common.topics import TopicNames
from scripts.check_deploy import OVERLAYS, Object, findings, rendered
from tests.unit.deploy.described import STAGES, known_to, settings_of

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("kustomize", "kubectl"))), reason="needs kustomize or kubectl"
)
SCALED = (PROCESSOR, INFERENCER, UPSERTER)


@pytest.fixture(scope="module")
def objects() -> dict[str, list[Object]]:
    return {overlay: rendered(overlay) for overlay in OVERLAYS}


def of_kind(found: list[Object], *kinds: str) -> dict[str, Any]:
    return {each["metadata"]["name"]: each for each in found if each["kind"] in kinds}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_valid_and_has_every_stage(overlay: str, objects: dict[str, list[Object]]) -> None:
    assert not list(findings(objects[overlay]))
    assert of_kind(objects[overlay], "StatefulSet", "Deployment").keys() == set(STAGES)


def test_what_is_not_a_field_is_found(objects: dict[str, list[Object]]) -> None:
    scaled = dict(of_kind(objects["production"], "ScaledObject")["processor"])
    wrong = scaled | {"spec": scaled["spec"] | {"maxReplicas": 3}}
    assert list(findings([wrong])) == ["ScaledObject processor: spec has no field maxReplicas"]


@pytest.mark.parametrize("stage", SCALED, ids=lambda stage: stage.name)
def test_a_stage_scales_on_the_lag_of_what_it_reads(stage: Any, objects: dict[str, list[Object]]) -> None:
    found = objects["production"]
    spec = of_kind(found, "ScaledObject")[stage.name]["spec"]
    (config,) = (each for each in found if each["kind"] == "ConfigMap")
    assert {each["metadata"]["topic"] for each in spec["triggers"]} == {topic.name for topic in stage.inputs}
    for trigger in spec["triggers"]:
        assert trigger["metadata"]["consumerGroup"] == TopicNames().group(stage.name)
        assert trigger["metadata"]["bootstrapServers"] == config["data"]["KAFKA_BOOTSTRAP_SERVERS"]
    assert spec["maxReplicaCount"] <= int(config["data"]["TOPIC_PARTITIONS"])
    assert stage.name not in of_kind(found, "HorizontalPodAutoscaler")
    assert spec["scaleTargetRef"]["kind"] == of_kind(found, "StatefulSet")[stage.name]["kind"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_config_of_an_overlay_will_do(
    overlay: str, objects: dict[str, list[Object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (config,) = (each for each in objects[overlay] if each["kind"] == "ConfigMap")
    assert config["data"].keys() <= set().union(*map(known_to, STAGES))
    for name, value in config["data"].items():
        monkeypatch.setenv(name, value)
    for stage in ("scanner", "processor", "inferencer", "upserter", "gateway"):
        settings_of(stage)()


def test_production_loses_nothing_with_one_broker_and_spreads_its_replicas(
    objects: dict[str, list[Object]],
) -> None:
    (config,) = (each for each in objects["production"] if each["kind"] == "ConfigMap")
    assert (config["data"]["TOPIC_REPLICATION"], config["data"]["TOPIC_MIN_INSYNC"]) == ("3", "2")
    for workload in of_kind(objects["production"], "StatefulSet", "Deployment").values():
        spread = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [each["topologyKey"] for each in spread] == [
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        ]
    assert of_kind(objects["production"], "Ingress", "ServiceMonitor", "PodMonitor").keys() >= {
        "sluice",
        "gateway",
        "stages",
    }


def test_the_model_has_its_card_alone(objects: dict[str, list[Object]]) -> None:
    ml = of_kind(objects["gpu"], "Deployment")["ml"]["spec"]
    (only,) = ml["template"]["spec"]["containers"]
    assert only["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert ml["strategy"] == {"type": "Recreate"}
    assert "ml" not in of_kind(objects["gpu"], "HorizontalPodAutoscaler")
