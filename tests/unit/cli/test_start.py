"""What the command imports before it does anything: people wait for it."""

import subprocess
import sys

import pytest

FORBIDDEN = {
    "--help": ("asyncio", "httpx", "msgspec", "pydantic", "rich", "services", "libs"),
    "jobs": (
        "PIL",
        "numpy",
        "services",
        "libs",
        "sluice.sync.client",
        "sluice.cli.commands.search",
    ),
    "search": (
        "PIL",
        "numpy",
        "services",
        "libs",
        "sluice.sync.client",
        "sluice.cli.commands.ingest",
    ),
}
NOWHERE = "http://127.0.0.1:1"


@pytest.mark.slow
@pytest.mark.parametrize("command", FORBIDDEN)
def test_a_command_imports_only_what_it_needs(command: str) -> None:
    arguments = [command] if command == "--help" else [command, "--url", NOWHERE]
    script = (
        f"import sys; from sluice.cli.main import main; main({arguments!r}); "
        f"print([name for name in {FORBIDDEN[command]!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
