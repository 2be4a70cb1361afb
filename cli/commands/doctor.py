"""`sluice doctor`: looks at everything that would be needed, and says what to do."""

import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from cli.doctor import embedded, machine, models, outside
from cli.doctor.finding import Check, Finding, Verdict, note, ok, wrong
from libs.common.runtime.logs import configure_logging
from libs.common.runtime.wrong_settings import wrong_settings
from libs.common.settings import FilesSettings, MLSettings, StageSettings, StoreSettings
from libs.embedded.settings import EmbeddedSettings
from services.settings import RunSettings
from sluice.cli.exits import Exit
from sluice.cli.options import ApiKey, AsJson, Url
from sluice.cli.output import as_json, console, line

_STYLES = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "bold red"}

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def doctor(json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> int:
    """Check this machine.

    Checks everything that `run` needs and says how to fix it. Exits with 1 if something is wrong.
    With --url it also checks that gateway.
    """
    configure_logging("CRITICAL")
    findings = []
    for check in _checks(url, api_key):
        found = check()
        findings.append(found)
        if not json:
            _print(found)
    if json:
        as_json({"findings": findings})
    return _conclusion(findings, quiet=json)


def _checks(url: str | None, api_key: str | None) -> Iterator[Check]:
    yield machine.python
    yield machine.packages
    problems = list(_bad_settings())
    yield lambda: _settings(problems)
    if problems:
        # What the others would look at is not known.
        return
    run = RunSettings()
    yield lambda: machine.data_dir(run)
    yield lambda: machine.disk(run)
    yield lambda: machine.port(run)
    yield lambda: _roots(FilesSettings())
    if run.kafka_bootstrap_servers:
        yield lambda: outside.kafka(StageSettings())
    else:
        yield embedded.java
        yield lambda: embedded.kafka(EmbeddedSettings())
    if run.qdrant_host:
        yield lambda: outside.qdrant(StoreSettings())
    if run.ml_inference_service_url:
        yield lambda: outside.ml(MLSettings())
    else:
        yield lambda: models.model(run)
    if url:
        yield lambda: outside.gateway(url, api_key)


def _bad_settings() -> Iterator[str]:
    seen = set()
    for kind in (RunSettings, EmbeddedSettings, StageSettings, StoreSettings, MLSettings, FilesSettings):
        try:
            kind()
        except ValidationError as error:
            for name, reason in wrong_settings(error):
                if name not in seen:
                    seen.add(name)
                    yield f"{name}: {reason}"


def _settings(problems: Sequence[str]) -> Finding:
    if problems:
        return wrong("settings", "; ".join(problems), "docs/settings.md has what each may be")
    return ok("settings", "can be read")


def _roots(settings: FilesSettings) -> Finding:
    what = "SCAN_ROOTS"
    if not settings.scan_roots:
        return ok(what, f"is not set: see HOST ({settings.host}) in docs/settings.md")
    unreadable = [str(root) for root in settings.root_folders if not os.access(root, os.R_OK | os.X_OK)]
    if unreadable:
        return note(what, f"cannot be read here: {', '.join(unreadable)}", "mount them, or fix SCAN_ROOTS")
    return ok(what, ", ".join(settings.scan_roots))


def _print(found: Finding) -> None:
    out = console()
    out.print(f"{found.verdict:<6}", style=_STYLES[found.verdict], end="", markup=False)
    line(f"{found.what}: {found.detail}")
    if found.advice:
        line(f"      -> {found.advice}")


def _conclusion(findings: Sequence[Finding], *, quiet: bool) -> Exit:
    count = sum(found.verdict is Verdict.WRONG for found in findings)
    if not quiet:
        noted = any(found.verdict is Verdict.NOTE for found in findings)
        good = "no problems" if noted else "no problems: `sluice run` starts it"
        line(f"{count} problem{'s' if count > 1 else ''} to fix first" if count else good)
    return Exit.FAILED if count else Exit.OK
