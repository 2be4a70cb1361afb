"""Checks what is deployed: `make check-deploy`. Ends with 1 and a line a finding.

Overlays are rendered (kustomize, kubectl or Go) and held against Kubernetes' schemas, custom kinds against
the fields listed here; the compose files against the compose specification; the Dockerfile by hadolint; alert
rules by promtool, where that is installed (Debian: prometheus).
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
MONITORING = ROOT / "deploy" / "monitoring"
OVERLAYS = ("small", "production", "gpu")
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
SECONDS = 300.0

Object = dict[str, Any]
Fields = dict[str, Any]
"""Allowed names, each with those below it; None: anything. Lists stand for their elements."""

_BEHAVIOUR: Fields = {
    "stabilizationWindowSeconds": None,
    "selectPolicy": None,
    "policies": {"type": None, "value": None, "periodSeconds": None},
}
_ENDPOINT: Fields = {
    "port": None,
    "path": None,
    "interval": None,
    "authorization": {"type": None, "credentials": {"name": None, "key": None}},
}
_RESOURCES: Fields = {"requests": None, "limits": None}
CUSTOM: dict[tuple[str, str], Fields] = {
    ("keda.sh/v1alpha1", "ScaledObject"): {
        "scaleTargetRef": {"apiVersion": None, "kind": None, "name": None},
        "pollingInterval": None,
        "cooldownPeriod": None,
        "minReplicaCount": None,
        "maxReplicaCount": None,
        "advanced": {
            "horizontalPodAutoscalerConfig": {"behavior": {"scaleUp": _BEHAVIOUR, "scaleDown": _BEHAVIOUR}}
        },
        "triggers": {
            "type": None,
            "authenticationRef": {"name": None},
            "metadata": dict.fromkeys(("bootstrapServers", "consumerGroup", "topic", "lagThreshold")),
        },
    },
    ("monitoring.coreos.com/v1", "PodMonitor"): {"selector": None, "podMetricsEndpoints": _ENDPOINT},
    ("monitoring.coreos.com/v1", "ServiceMonitor"): {"selector": None, "endpoints": _ENDPOINT},
    ("kafka.strimzi.io/v1", "KafkaNodePool"): {
        "replicas": None,
        "roles": None,
        "resources": _RESOURCES,
        "storage": {
            "type": None,
            "volumes": dict.fromkeys(("id", "type", "size", "kraftMetadata", "deleteClaim", "class")),
        },
    },
    ("kafka.strimzi.io/v1", "Kafka"): {
        "kafka": {
            "version": None,
            "metadataVersion": None,
            "config": None,
            "listeners": dict.fromkeys(("name", "port", "type", "tls", "authentication")),
        },
        "entityOperator": None,
    },
}


def rendered(overlay: str) -> list[Object]:
    """The objects of an overlay; RuntimeError where it cannot be rendered."""
    folder = KUBERNETES / "overlays" / overlay
    for program, arguments in (
        ("kustomize", ("build",)),
        ("kubectl", ("kustomize",)),
        ("go", ("run", KUSTOMIZE, "build")),
    ):
        if found := shutil.which(program):
            return _documents(_run(found, *arguments, str(folder)))
    raise RuntimeError("kustomize, kubectl or Go is needed to render the overlays")


def findings(objects: list[Object]) -> Iterator[str]:
    """What is wrong with objects, a line each."""
    for each in objects:
        name = f"{each['kind']} {each['metadata']['name']}"
        fields = CUSTOM.get((each["apiVersion"], each["kind"]))
        if fields is not None:
            yield from (f"{name}: {wrong}" for wrong in _unknown(each["spec"], fields, "spec"))
            continue
        try:
            kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            yield f"{name}: {error}"


def main() -> int:
    """Check everything; the exit status."""
    wrong = [f"{overlay}: {each}" for overlay in OVERLAYS for each in findings(rendered(overlay))]
    strimzi = _documents((KUBERNETES / "examples" / "strimzi.yaml").read_text())
    wrong += [f"strimzi: {each}" for each in findings(strimzi)]
    wrong += _commands()
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


def _commands() -> Iterator[str]:
    """What other programs find wrong."""
    here = Path(sys.executable).parent
    compose = ("docker-compose.yml", "docker-compose.monitoring.yml")
    commands = [
        (str(here / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *compose),
        (str(here / "hadolint"), "Dockerfile"),
    ]
    if promtool := shutil.which("promtool"):
        commands += [
            (promtool, "check", "rules", str(MONITORING / "alerts.yaml")),
            (promtool, "test", "rules", str(MONITORING / "alerts_test.yaml")),
        ]
    else:
        sys.stderr.write("promtool is not installed: the alert rules are not checked\n")
    for command in commands:
        try:
            _run(*command)
        except RuntimeError as error:
            yield str(error)


def _unknown(value: Any, fields: Fields | None, place: str) -> Iterator[str]:
    if fields is None:
        return
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            yield f"{place} is no object"
            continue
        for name, below in each.items():
            if name in fields:
                yield from _unknown(below, fields[name], f"{place}.{name}")
            else:
                yield f"{place} has no field {name}"


def _documents(text: str) -> list[Object]:
    return [document for document in yaml.safe_load_all(text) if document]


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stdout}{done.stderr}".strip())
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
