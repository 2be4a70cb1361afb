"""Dashboard, alerts and their manual, held against what is declared."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from libs.common.metrics.declared import ALL
from scripts import grafana
from tests.unit.deploy.described import ROOT, compose

MONITORING = ROOT / "deploy" / "monitoring"
RULES: list[dict[str, Any]] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"][0]["rules"]
CASES: list[dict[str, Any]] = yaml.safe_load((MONITORING / "alerts_test.yaml").read_text())["tests"]
NAMES = {metric.name for metric in ALL}
SERIES = NAMES | {f"{name}_{part}" for name in NAMES for part in ("bucket", "count", "sum")}


def monitoring() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.monitoring.yml").read_text()))


def test_the_dashboard_is_made_from_what_is_declared() -> None:
    assert grafana.FILE.read_text() == grafana.dashboard(), "run python -m scripts.grafana"
    panels = json.loads(grafana.dashboard())["panels"]
    drawn = " ".join(target["expr"] for panel in panels for target in panel.get("targets", ()))
    assert {name for name in NAMES if re.search(rf"\b{name}(_bucket)?\b", drawn)} == NAMES
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_declared_and_is_in_the_manual(rule: dict[str, Any]) -> None:
    assert set(re.findall(r"sluice_\w+", rule["expr"])) <= SERIES
    assert f"### {rule['alert']}\n" in (ROOT / "docs" / "operations.md").read_text()


def test_each_alert_is_tested_firing_and_silent() -> None:
    alerts = [rule["alert"] for rule in RULES]
    *firing, healthy = CASES
    assert [case["name"] for case in firing] == alerts
    assert [each["alertname"] for each in healthy["alert_rule_test"]] == alerts


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool (Debian's package prometheus)")
def test_promtool_finds_the_rules_right() -> None:
    for command in (("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")):
        found = subprocess.run(
            ["promtool", *command],
            cwd=MONITORING,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr


def test_prometheus_asks_each_stage_that_the_compose_file_starts() -> None:
    scraped = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    requested = {name for job in scraped for found in job["dns_sd_configs"] for name in found["names"]}
    assert requested == compose()["services"].keys() - {"kafka", "qdrant", "dashboard"}


def test_the_second_compose_file_is_confined_as_the_first_and_reached_from_this_machine_only() -> None:
    services = monitoring()["services"]
    assert services.keys() == {"prometheus", "grafana"}
    for service in services.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", service["image"])
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    for config in monitoring()["configs"].values():
        assert "content" in config or (ROOT / config["file"]).is_file()
