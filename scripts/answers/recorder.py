"""Keeping what a gateway answers, without what is of this machine."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.gateway.app import create_app
from tests.support.waiting import until

API = "/api/v1"
MOST_ITEMS = 2
MOST_CHARACTERS = 400
DONE = ("completed", "failed", "cancelled")


@dataclass
class Recorder:
    """Calls a gateway, and keeps the first answer of each operation and status."""

    client: httpx.AsyncClient
    names: Mapping[str, str]
    """What is written in place of texts that are of this machine."""
    operations: Sequence[tuple[str, re.Pattern[str], str]]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """What it answers; {} where that is no JSON."""
        answer = await self.client.request(method, path, **options)
        if answer.is_server_error:
            raise RuntimeError(f"{method} {path}: {answer.text}")
        if "json" not in answer.headers.get("content-type", ""):
            return {}
        found = next(name for verb, form, name in self.operations if verb == method and form.fullmatch(path))
        if answer.json() or answer.is_error:
            kept = self.answers.setdefault(found, {})
            kept.setdefault(str(answer.status_code), scrubbed(answer.json(), self.names))
        return answer.json()

    async def over(self, task_id: str) -> None:
        """Wait for the end of a task."""

        async def ended() -> bool:
            return (await self.call("GET", f"{API}/tasks/{task_id}"))["status"] in DONE

        await until(ended)

    def forget(self, operation: str) -> None:
        """Have the next answer of the operation kept in place of the one so far."""
        self.answers.pop(operation, None)


def scrubbed(value: Any, names: Mapping[str, str]) -> Any:
    """The answer without this machine's names, and no longer than people read."""
    if isinstance(value, dict):
        return {scrubbed(key, names): scrubbed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [scrubbed(each, names) for each in value[:MOST_ITEMS]]
    if not isinstance(value, str):
        return value
    for text, name in names.items():
        value = value.replace(text, name)
    return value if len(value) <= MOST_CHARACTERS else value[:40]


def operations() -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of each operation; paths without parameters first."""
    paths = sorted(create_app().openapi()["paths"].items(), key=lambda each: "{" in each[0])
    return [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation["operationId"])
        for path, methods in paths
        for method, operation in methods.items()
    ]
