from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from libs.common.http import probes
from libs.common.runtime.service import Health
from libs.common.settings import StoreSettings
from services.gateway.app import create_app as create_gateway
from services.ml.app import create_app as create_ml
from tests.unit.deploy.described import (
    OVER_HTTP,
    PORT,
    ROOT,
    STAGES,
    WITH_PHOTOS,
    image_environment,
    known_to,
    kustomization,
    manifests,
    settings_of,
)

OBJECTS = manifests()
CONFIG = dict(line.split("=", 1) for line in kustomization()["configMapGenerator"][0]["literals"])


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == kind}


def workloads() -> dict[str, dict[str, Any]]:
    return of_kind("Deployment") | of_kind("StatefulSet")


def pod(stage: str) -> dict[str, Any]:
    return dict(workloads()[stage]["spec"]["template"]["spec"])


def container(stage: str) -> dict[str, Any]:
    (only,) = pod(stage)["containers"]
    return dict(only)


def served(stage: str) -> set[str]:
    """The paths that the stage's container answers."""
    if stage == "gateway":
        return paths(create_gateway())
    return paths(create_ml()) if stage == "ml" else probes_paths()


def paths(app: FastAPI) -> set[str]:
    return set(app.openapi()["paths"]) | {route.path for route in app.routes if isinstance(route, Route)}


def probes_paths() -> set[str]:
    return {route.path for route in probes.routes(Health()) if isinstance(route, Route)}


def test_each_stage_is_there_and_who_owns_partitions_keeps_its_name() -> None:
    """A consumer that comes back under its name gets its partitions back."""
    consumers = {"scanner", "processor", "inferencer", "captioner", "upserter", "gateway"}
    assert of_kind("StatefulSet").keys() == consumers
    assert of_kind("Deployment").keys() == {"ml", "dashboard"}
    for stage in of_kind("StatefulSet").values():
        assert of_kind("Service")[stage["spec"]["serviceName"]]["spec"]["clusterIP"] == "None"
        assert stage["spec"]["podManagementPolicy"] == "Parallel", (
            "one that waits must not hold up the others"
        )


def test_the_namespace_is_made_too() -> None:
    assert of_kind("Namespace").keys() == {kustomization()["namespace"]}


def test_a_secret_of_ones_own_reaches_every_stage() -> None:
    """But not the dashboard, whose visitors bring the key."""
    for stage in set(STAGES) - {"dashboard", "gateway"}:
        assert {"secretRef": {"name": "sluice", "optional": True}} in container(stage)["envFrom"]


def test_the_gateway_does_not_start_without_the_secret_that_holds_its_key() -> None:
    assert {"secretRef": {"name": "sluice"}} in container("gateway")["envFrom"]


def test_a_node_of_many_cores_does_not_make_many_decoders() -> None:
    for stage, name in (("processor", "DECODE_WORKERS"), ("ml", "ML_THREADS")):
        (given,) = [each["value"] for each in container(stage)["env"] if each["name"] == name]
        assert int(given) == container(stage)["resources"]["requests"]["cpu"]


@pytest.mark.parametrize("stage", ["gateway", "ml"])
def test_it_answers_until_every_node_knows_that_it_goes(stage: str) -> None:
    command, seconds = container(stage)["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    drain_s = settings_of("gateway").model_fields["drain_seconds"].default
    assert int(seconds) + drain_s < pod(stage)["terminationGracePeriodSeconds"]


def test_kustomize_is_told_of_every_file() -> None:
    files = {path.name for path in (ROOT / "deploy/kubernetes/base").glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(kustomization()["resources"])


@pytest.mark.parametrize("stage", STAGES)
def test_every_probe_asks_for_a_path_that_is_served(stage: str) -> None:
    assert container(stage)["ports"] == [{"name": "http", "containerPort": PORT}]
    requested = [container(stage)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {each["port"] for each in requested} == {"http"}
    assert {each["path"] for each in requested} <= served(stage)


@pytest.mark.parametrize("stage", sorted(set(STAGES) - OVER_HTTP))
def test_the_environment_will_do(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = container(stage)["envFrom"][0]
    assert source["configMapRef"]["name"] == kustomization()["configMapGenerator"][0]["name"]
    assert {each["name"] for each in container(stage)["env"]} <= known_to(stage)
    for name, value in (image_environment() | CONFIG).items():
        monkeypatch.setenv(name, value)
    settings_of(stage)()


def test_every_setting_in_the_config_is_read_by_some_stage() -> None:
    assert CONFIG.keys() <= set().union(*map(known_to, STAGES))


def test_the_ml_service_is_where_the_config_says() -> None:
    (port,) = of_kind("Service")["ml"]["spec"]["ports"]
    assert CONFIG["ML_INFERENCE_SERVICE_URL"] == f"http://ml:{port['port']}"


@pytest.mark.parametrize("stage", STAGES)
def test_it_may_do_little_and_has_limits(stage: str) -> None:
    assert pod(stage)["securityContext"]["runAsUser"] == 10001
    assert container(stage)["securityContext"]["readOnlyRootFilesystem"]
    assert container(stage)["resources"].keys() == {"requests", "limits"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stop_is_waited_for_longer_than_a_drain_takes(stage: str) -> None:
    fields = settings_of(stage).model_fields
    drain_s = fields["drain_seconds"].default if "drain_seconds" in fields else 10
    assert pod(stage)["terminationGracePeriodSeconds"] > drain_s


def test_photos_and_uploads_are_at_the_same_place_for_all_who_need_them() -> None:
    claims = of_kind("PersistentVolumeClaim").keys()
    for stage in WITH_PHOTOS:
        mounted = {mount["name"]: mount["mountPath"] for mount in container(stage)["volumeMounts"]}
        assert (mounted["photos"], mounted["uploads"]) == (CONFIG["SCAN_ROOTS"], "/uploads")
        claimed = {
            volume["persistentVolumeClaim"]["claimName"]
            for volume in pod(stage)["volumes"]
            if "persistentVolumeClaim" in volume
        }
        assert claimed == (claims if stage == "gateway" else claims - {"archives"})


def test_what_should_outlive_a_pod_has_a_volume_of_its_own() -> None:
    for stage in ("scanner", "processor", "gateway"):
        (claim,) = workloads()[stage]["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "data"
        assert "data" not in {volume["name"] for volume in pod(stage)["volumes"]}
    assert {"name": "archives", "mountPath": "/archives"} in container("gateway")["volumeMounts"]


def test_a_share_that_is_not_mounted_is_no_empty_library() -> None:
    for stage in WITH_PHOTOS:
        (looks,) = pod(stage)["initContainers"]
        assert looks["image"] == container(stage)["image"]
        assert 'os.scandir("/photos")' in looks["args"][0]


def test_each_stage_gives_way_one_by_one_and_has_an_account_without_rights() -> None:
    assert of_kind("PodDisruptionBudget").keys() == set(STAGES)
    for stage in STAGES:
        assert pod(stage)["serviceAccountName"] == "sluice"
        assert pod(stage)["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    assert of_kind("ServiceAccount").keys() == {"sluice"}
    assert not of_kind("Role") | of_kind("ClusterRole")


def test_nothing_comes_in_that_no_policy_names() -> None:
    shut = of_kind("NetworkPolicy")["nothing-comes-in"]["spec"]
    assert (shut["policyTypes"], shut.get("ingress")) == (["Ingress"], None)
    assert of_kind("NetworkPolicy").keys() >= {"gateway", "ml", "dashboard", "metrics"}


def test_each_stage_may_call_what_it_needs_and_nothing_else() -> None:
    shut = of_kind("NetworkPolicy")["nothing-goes-out"]["spec"]
    assert (shut["policyTypes"], shut.get("egress")) == (["Egress"], None)
    policies = {
        name: each["spec"] for name, each in of_kind("NetworkPolicy").items() if name.endswith("-out")
    }
    assert selected(policies["kafka-out"]) == set(STAGES) - OVER_HTTP
    stores = {stage for stage in STAGES if issubclass(settings_of(stage), StoreSettings)}
    assert selected(policies["qdrant-out"]) == stores
    models = {stage for stage in STAGES if "ML_INFERENCE_SERVICE_URL" in known_to(stage)}
    assert selected(policies["model-out"]) == models
    assert {"processor", "scanner", "gateway"} <= selected(policies["https-out"])
    assert not {"inferencer", "upserter", "dashboard"} & selected(policies["https-out"])
    for rule in policies["https-out"]["egress"]:
        assert "169.254.0.0/16" in rule["to"][0]["ipBlock"]["except"]
        assert [port["port"] for port in rule["ports"]] == [443]


def selected(policy: dict[str, Any]) -> set[str]:
    """The stages that a policy is about."""
    (only,) = policy["podSelector"]["matchExpressions"]
    return set(only["values"])


def test_nothing_fixes_the_replicas_that_a_scaler_decides_on() -> None:
    assert all("replicas" not in each["spec"] for each in workloads().values())


def test_every_image_has_a_full_version() -> None:
    images = {each["name"]: each["newTag"] for each in kustomization()["images"]}
    assert images.keys() == {container(stage)["image"] for stage in STAGES}
    assert all(tag.count(".") == 2 for tag in images.values())


def test_the_decoders_fit_the_processors_memory() -> None:
    found = {each["name"]: each.get("value") for each in container("processor")["env"]}
    limit = container("processor")["resources"]["limits"]["memory"]
    decoders = int(found["DECODE_WORKERS"]) * int(found["DECODE_MEMORY_BYTES"])
    assert decoders <= int(limit.removesuffix("Gi")) * (1 << 30) * 3 // 4
