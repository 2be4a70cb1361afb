import json
from pathlib import Path

from bench import result
from bench.result import Figure


def test_each_figure_says_all_that_it_is_judged_by(tmp_path: Path) -> None:
    file = tmp_path / "made" / "results.json"
    slow = Figure(name="slow", value=30.0, unit="files/s", target=0.8, baseline=60.0, ratio=0.5)
    late = Figure(name="late", value=4.0, unit="s", target=6, bound="at most")
    result.write([slow, late], file)

    first, second = json.loads(file.read_text())["figures"]
    names = {"name", "value", "unit", "baseline", "ratio", "target", "bound", "reached", "load", "machine"}
    assert names <= first.keys() & second.keys()
    assert (first["reached"], second["reached"]) == (False, True)
    assert first["machine"]["cores"] >= 1
