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
HEAVY = (
    "click", "h2", "httpx._main", "libs", "numpy", "PIL", "pydantic", "pygments",
    "rich.console", "rich.progress", "services", "sluice.sync.client",
)  # fmt: skip
"""What none of the everyday commands uses; importing it takes longer than all that they do."""
EVERYDAY = [["jobs"], ["search", "words"], ["status", "latest"], ["files", "latest"]]
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


def test_everyday_commands_leave_heavy_modules_alone() -> None:
    """Up to the connection: what httpx connects with is imported only then."""
    script = (
        f"import sys; from sluice.cli.main import main; "
        f"ends = [int(main([*each, '--url', {NOWHERE!r}])) for each in {EVERYDAY!r}]; "
        f"print(ends, [name for name in {HEAVY!r} if sys.modules.get(name)])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{[4] * len(EVERYDAY)} []\n"


@pytest.mark.slow
def test_httpx_finds_what_was_hidden_from_it_afterwards() -> None:
    script = "from sluice.cli.slim import import_httpx; import_httpx(); import h2.connection, httpx._main"
    subprocess.run([sys.executable, "-c", script], check=True)
