"""Writes Grafana's dashboard, a panel a metric, from what is declared: `python -m scripts.grafana`."""

import json
from pathlib import Path
from typing import Any

from libs.common.metrics.declared import ALL, Declared, Of

FILE = Path(__file__).parent.parent / "deploy" / "monitoring" / "grafana" / "sluice.json"

_ROWS: dict[Of, str] = {"gateway": "The whole system", "stage": "Stages", "ml": "ML service"}
_UNITS = {"seconds": "s", "bytes": "bytes"}
_QUANTILES = ("0.5", "0.95")
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2


def dashboard() -> str:
    """The dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for of, title in _ROWS.items():
        metrics = [metric for metric in ALL if metric.of == of]
        panels.append(_row(title, top, len(panels) + 1))
        for number, metric in enumerate(metrics):
            line, column = divmod(number, _COLUMNS)
            panels.append(_panel(metric, top + 1 + line * _HEIGHT, column * _WIDTH, len(panels) + 1))
        top += 1 + -(-len(metrics) // _COLUMNS) * _HEIGHT
    body = {
        "uid": "sluice",
        "title": "Sluice",
        "tags": ["sluice"],
        "schemaVersion": 39,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }
    return json.dumps(body, indent=1) + "\n"


def queries(metric: Declared) -> list[tuple[str, str]]:
    """PromQL for the metric, each with the legend of its lines."""
    # A gateway tells of every stage already.
    own = ("stage",) if metric.of == "stage" else ()
    labels = ", ".join((*own, *metric.labels))
    legend = " ".join(f"{{{{{label}}}}}" for label in (*own, *metric.labels))
    if metric.kind == "gauge":
        return [(f"max by ({labels}) ({metric.name})", legend)]
    if metric.kind == "counter":
        return [(f"sum by ({labels}) (rate({metric.name}[$__rate_interval]))", legend)]
    by = ", ".join(filter(None, ("le", labels)))
    rate = f"sum by ({by}) (rate({metric.name}_bucket[$__rate_interval]))"
    return [
        (f"histogram_quantile({quantile}, {rate})", f"{legend} p{float(quantile) * 100:g}".strip())
        for quantile in _QUANTILES
    ]


def _row(title: str, top: int, number: int) -> dict[str, Any]:
    return {"id": number, "type": "row", "title": title, "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}}


def _panel(metric: Declared, top: int, left: int, number: int) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    targets = [
        {"refId": chr(ord("A") + place), "datasource": source, "expr": expr, "legendFormat": legend}
        for place, (expr, legend) in enumerate(queries(metric))
    ]
    return {
        "id": number,
        "type": "timeseries",
        "title": _title(metric),
        "description": metric.help,
        "datasource": source,
        "gridPos": {"x": left, "y": top, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": _unit(metric), "min": 0}, "overrides": []},
        "targets": targets,
    }


def _title(metric: Declared) -> str:
    words = metric.name.removeprefix("sluice_").removesuffix("_total").replace("_", " ")
    return f"{words} a second" if metric.kind == "counter" else words


def _unit(metric: Declared) -> str:
    last = metric.name.removesuffix("_total").rpartition("_")[2]
    if metric.kind == "counter":
        return "Bps" if last == "bytes" else "ops"
    return _UNITS.get(last, "short")


if __name__ == "__main__":
    FILE.write_text(dashboard())
