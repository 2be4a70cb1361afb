"""Writes docs/metrics.md: every metric, by who serves it. `python -m scripts.metrics_table`."""

from pathlib import Path

from libs.common.metrics.declared import ALL, Declared, Of

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"

_HEAD = """# Metrics

Written by `python -m scripts.metrics_table` from `libs/common/metrics/declared.py`. Where Prometheus finds
them, and what to do when one is bad: [operations.md](operations.md).
"""
_OF: dict[Of, str] = {
    "stage": "Of each stage, with its name as the label `stage`, at HEALTH_PORT (of the gateway: PORT)",
    "gateway": "Of a gateway, about the whole system",
    "ml": "Of the ML service",
}


def page() -> str:
    """The page's text."""
    return "\n".join([_HEAD, *(_section(of, title) for of, title in _OF.items())])


def _section(of: Of, title: str) -> str:
    rows = [_row(metric) for metric in ALL if metric.of == of]
    return "\n".join([f"## {title}\n", "| Name | Kind | Labels | What |", "|---|---|---|---|", *rows, ""])


def _row(metric: Declared) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"


if __name__ == "__main__":
    PAGE.write_text(page())
