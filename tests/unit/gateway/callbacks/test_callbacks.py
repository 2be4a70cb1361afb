import asyncio
import base64
import json
import socket
from typing import Any

import httpcore
import pytest
from pydantic import ValidationError

from libs.common.callbacks import CallbackUrl, parse_keys
from libs.common.errors import Code, SluiceError
from libs.common.events import Accepted, Callback, CallbackOf, CallbackReported, Finished, Rejected
from libs.common.http.addresses import is_public
from services.gateway.callbacks.allowed import Allowed
from services.gateway.callbacks.deliveries import Tries
from services.gateway.callbacks.message import Message
from services.gateway.callbacks.sending import PublicOnly, RefusedError
from services.gateway.settings import GatewaySettings
from services.gateway.view.fold import Job, fold

END = Finished(job_id="j", state="completed", total=1, stored=1, from_cache=0, failed=0, skipped=0, ignored=0)
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com\\@elsewhere.example/",
        "https://hooks.example.com/#here",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:70000/",
        "https://hööks.example.com/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/a\r\nx: y",
        "https:///path",
        "hooks.example.com",
        "https://hooks.example.com/" + "a" * 2048,
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="callback_url"):
        CallbackUrl.parse(url)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hooks.example.com/sluice?job=1", True),
        ("https://HOOKS.example.com.:443/", True),
        ("http://hooks.example.com/", False),
        ("https://hooks.example.com:8443/", False),
        ("https://other.example.com/", False),
        ("https://hooks.example.com.evil.example/", False),
        ("http://10.0.0.5:9000/", True),
        ("https://10.0.0.5:9000/", False),
    ],
)
def test_only_servers_that_the_setting_names_are_called(url: str, allowed: bool) -> None:
    servers = Allowed.of(["hooks.example.com", "http://10.0.0.5:9000"])
    assert (servers.refusal(CallbackUrl.parse(url)) is None) == allowed
    if not allowed:
        with pytest.raises(SluiceError, match="is not in CALLBACK_HOSTS"):
            servers.check(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_private_addresses_are_known_in_each_of_their_forms(address: str, public: bool) -> None:
    assert is_public(address) == public


async def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that leads to a public address at the check and to this machine at the connection."""
    resolved, connected = iter(["93.184.216.34", "127.0.0.1"]), []

    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(resolved), 443))]

    async def connect_tcp(_: Any, host: str, *__: Any, **___: Any) -> None:
        connected.append(host)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    backend = PublicOnly(private=False)
    await backend.connect_tcp("rebound.example", 443)
    assert connected == ["93.184.216.34"]
    with pytest.raises(RefusedError, match="private address"):
        await backend.connect_tcp("rebound.example", 443)
    assert len(connected) == 1


def test_a_signature_is_that_of_standard_webhooks() -> None:
    """The example of its specification, as its libraries compute it."""
    message = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    headers = message.headers(parse_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"


def test_each_try_sends_the_same_body() -> None:
    job = ended("https://hooks.example.com/")
    first = Message.of(job)
    again = fold(job, reported(Callback(state="pending", tries=1, error="away")), 3, 30.0)
    assert again.owes_callback
    assert json.loads(Message.of(again).body) | {"data": 0} == json.loads(first.body) | {"data": 0}
    event = json.loads(first.body)
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "sluice.job.finished", "j")
    assert (event["id"], event["data"]["state"]) == (first.id, "completed")


@pytest.mark.parametrize("state", ["delivered", "failed"])
def test_what_was_delivered_or_given_up_is_owed_no_more(state: Any) -> None:
    job = ended("https://hooks.example.com/")
    assert job.owes_callback
    after = fold(job, reported(Callback(state=state, tries=1)), 3, 30.0)
    assert not after.owes_callback
    assert fold(after, reported(Callback(state="pending", tries=2)), 4, 40.0).callback == after.callback


def test_a_job_without_a_url_or_without_an_end_owes_nothing() -> None:
    assert not ended(None).owes_callback
    running = fold(None, accepted("https://hooks.example.com/"), 0, 1.0)
    early = fold(running, reported(Callback(state="delivered", tries=1)), 1, 2.0)
    assert not running.owes_callback
    assert early.callback is None


def test_a_refusal_is_reported_by_itself_and_the_end_of_the_corrected_request_too() -> None:
    url = "https://hooks.example.com/"
    refused = fold(None, rejected(url), 0, 1.0)
    told = fold(refused, reported(Callback(state="delivered", tries=1), "rejected"), 1, 2.0)
    assert refused.owes_callback
    assert not told.owes_callback
    message = json.loads(Message.of(refused).body)
    assert (message["id"], message["type"]) == ("j-rejected", "sluice.job.rejected")
    assert (message["data"]["state"], message["data"]["code"]) == ("failed", "undecodable_record")

    over = fold(fold(told, accepted(url), 2, 3.0), END, 3, 4.0)
    late = fold(over, reported(Callback(state="delivered", tries=2), "rejected"), 4, 5.0)
    assert late.owes_callback, "a late report of the refusal is none of the end"
    assert json.loads(Message.of(late).body)["id"] == "j-finished"


def test_a_refused_request_under_the_id_of_a_job_redirects_nothing() -> None:
    job = ended("https://hooks.example.com/")
    assert fold(job, rejected("https://elsewhere.example/"), 9, 30.0) == job


def test_pauses_grow_to_an_hour() -> None:
    tries = Tries(8, 5.0)
    assert [tries.pause_s(each) for each in range(8)] == [0, 5, 20, 80, 320, 1280, 3600, 3600]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"callback_hosts": "hooks.example.com"}, "CALLBACK_HOSTS needs a CALLBACK_SECRET"),
        ({"callback_hosts": "hooks.example.com/path", "callback_secret": KEY}, "leave out the path"),
        ({"callback_secret": "too short"}, "openssl rand -base64 32"),
        ({"callback_secret": base64.b64encode(b"short").decode()}, "24 to 64 random bytes"),
    ],
)
def test_settings_that_would_not_work_are_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        GatewaySettings(**given)


def test_two_secrets_sign_while_one_replaces_the_other() -> None:
    settings = GatewaySettings(callback_hosts="hooks.example.com", callback_secret=f"whsec_{KEY}, {KEY}")
    signed = Message("id", b"{}").headers(settings.callback_keys, 1)["webhook-signature"]
    assert len(signed.split(" ")) == 2


def accepted(url: str | None) -> Accepted:
    return Accepted(job_id="j", collection="holiday", partition=0, offset=0, callback_url=url)


def ended(url: str | None) -> Job:
    running = fold(None, accepted(url), 0, 1.0)
    return fold(running, END, 2, 20.0)


def rejected(url: str | None) -> Rejected:
    code, error = Code.UNDECODABLE_RECORD, "force: expected bool"
    return Rejected(
        job_id="j", topic="ingest", partition=0, offset=0, code=code, error=error, callback_url=url
    )


def reported(callback: Callback, of: CallbackOf = "finished") -> CallbackReported:
    return CallbackReported(job_id="j", callback=callback, of=of)
