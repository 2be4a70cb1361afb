"""What was configured to be used instead of the embedded parts: Kafka, Qdrant, the ML service, a gateway."""

import asyncio

import httpx
import msgspec

from cli.doctor.finding import Finding, Verdict, note, ok, wrong
from libs.common.errors import SluiceError, UnavailableError
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.client import HttpMLClient, Timeouts
from libs.common.settings import MLSettings, StageSettings, StoreSettings
from libs.common.store.server.version import RANKS_SINCE, release_of
from libs.common.topics import ALL
from sluice.aio.client import AsyncClient
from sluice.models.system import Health

_SECONDS = 10.0


class _About(msgspec.Struct):
    version: str = ""


def kafka(settings: StageSettings) -> Finding:
    """Whether the brokers answer, and which topics they have."""
    what = f"Kafka at {settings.kafka_bootstrap_servers}"
    try:
        found = asyncio.run(_topics(Connection.of(settings, "doctor")))
    except (SluiceError, TimeoutError, OSError) as error:
        why = error.detail if isinstance(error, SluiceError) else str(error) or "it took too long"
        return wrong(what, why, "start it, or fix the KAFKA_* settings")
    missing = [topic.name for topic in ALL if settings.topic_prefix + topic.name not in found]
    if missing:
        return note(what, f"answers; {len(missing)} topics are not there yet", "the services make them")
    return ok(what, f"answers, and has all {len(ALL)} topics")


async def _topics(connection: Connection) -> list[str]:
    async with asyncio.timeout(_SECONDS), connection.admin() as admin:
        with broker_errors(connection.bootstrap_servers):
            return list(await admin.list_topics())


def qdrant(settings: StoreSettings) -> Finding:
    """Whether the Qdrant server answers, with the key that is set, and ranks by words."""
    scheme = "https" if settings.qdrant_https else "http"
    url = f"{scheme}://{settings.qdrant_host}:{settings.qdrant_port}"
    key = settings.qdrant_api_key
    headers = {"api-key": key.get_secret_value()} if key else {}
    found = _http(f"Qdrant at {url}", f"{url}/collections", headers, "QDRANT_*")
    return found if found.verdict is Verdict.WRONG else _release(found.what, url, headers)


def _release(what: str, url: str, headers: dict[str, str]) -> Finding:
    try:
        about = httpx.get(url, headers=headers, timeout=_SECONDS).raise_for_status()
        version = msgspec.json.decode(about.content, type=_About).version
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        return note(what, f"answers, but not which release it is ({error})")
    if release_of(version) < RANKS_SINCE:
        least = ".".join(map(str, RANKS_SINCE))
        return note(
            what, f"answers; {version} filters by words without ranking", f"update it to {least} or later"
        )
    return ok(what, f"answers, {version}")


def ml(settings: MLSettings) -> Finding:
    """Whether the ML service answers, with the key that is set, and which model it has."""
    what = f"ML service at {settings.ml_shown}"
    try:
        found = asyncio.run(_capabilities(settings))
    except UnavailableError as error:
        return wrong(what, error.detail, "start it, or fix the ML_* settings")
    except httpx.InvalidURL as error:
        return wrong(what, f"ML_INFERENCE_SERVICE_URL: {error}", "fix the ML_* settings")
    model = found.model or "a model without a name"
    return ok(what, f"answers, with {model}" + ("" if found.loaded else ", which is not loaded now"))


async def _capabilities(settings: MLSettings) -> Capabilities:
    async with HttpMLClient.open(settings, Timeouts(embed_s=_SECONDS, connect_s=_SECONDS)) as client:
        return await client.capabilities()


def _http(what: str, url: str, headers: dict[str, str], settings: str) -> Finding:
    try:
        answer = httpx.get(url, headers=headers, timeout=_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return wrong(what, f"does not answer ({error})", f"start it, or fix the {settings} settings")
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return wrong(what, f"refuses the API key ({answer.status_code})", f"fix the {settings} settings")
    if answer.is_error:
        return wrong(what, f"answers {answer.status_code}", "look at its log")
    return ok(what, "answers")


def gateway(url: str, api_key: str | None) -> Finding:
    """Whether the gateway answers, may be used, and has what it needs."""
    what = f"gateway at {url}"

    async def look() -> tuple[Health, str | None]:
        async with AsyncClient(url, api_key, retries=0) as client:
            await client.collections.names()
            return await client.ready(), (await client.capabilities()).advice

    try:
        health, advice = asyncio.run(look())
    except UnavailableError as error:
        return wrong(what, error.detail.partition("; ")[0], "start it, or fix --url (SLUICE_URL)")
    except SluiceError as error:
        return wrong(what, error.detail, "fix what it says there")
    waiting = [f"{stage} {state}" for stage, state in health.services.items() if state != "ready"]
    if waiting:
        return note(what, f"answers; {', '.join(waiting)}", "`/api/v1/services` says why")
    ready = f"answers; {len(health.services)} stages are ready"
    return note(what, f"{ready}; {advice}") if advice else ok(what, ready)
