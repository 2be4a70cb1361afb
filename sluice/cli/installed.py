"""What is installed here: the command alone, or a clone with the services next to it."""

from functools import cache
from pathlib import Path

from sluice.errors import Code

ELSEWHERE = (
    "this needs the services, which are not part of this installation; run them from a clone of Sluice "
    "(`make run`) or from its images, and name their gateway with --url"
)
_START = {
    True: "start one with `sluice run`, or pass --url",
    False: "name it with --url, or set SLUICE_URL",
}


@cache
def has_services() -> bool:
    """Whether the services lie next to this package, as in a clone."""
    root = Path(__file__).resolve().parents[2]
    return (root / "cli" / "commands" / "run.py").is_file() and (root / "services").is_dir()


def hint_of(code: str) -> str | None:
    """What to do about an error, here; None where its own sentence says it."""
    if code == Code.GATEWAY_UNAVAILABLE:
        return _START[has_services()]
    if code == Code.JOB_NOT_FOUND:
        return "`sluice jobs` lists them with their whole ids"
    return None
