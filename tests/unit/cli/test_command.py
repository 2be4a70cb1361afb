"""The command by itself: nothing that it talks to is there."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from cli.doctor import embedded, machine, models, outside
from cli.doctor.finding import Verdict
from libs.common.errors import Code, SluiceError
from libs.common.runtime.lock import DirLock
from libs.common.settings import MLSettings
from libs.common.topics import ALL
from libs.embedded import access
from libs.embedded.settings import EmbeddedSettings
from services.settings import RunSettings
from sluice import AsyncClient, __version__
from sluice.cli.exits import Exit, exit_of
from sluice.cli.lazy import COMMANDS, load
from sluice.cli.main import main
from sluice.cli.output import line, table

NOWHERE = "http://127.0.0.1:1"
JOB = "a5502559-d7c1-4b4d-a83b-b557ad5590c6"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "QDRANT_HOST", "ML_INFERENCE_SERVICE_URL", "SLUICE_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "no such command 'frobnicate'"),
        (["status"], "missing argument 'JOB'"),
        (["jobs", "--limit", "0"], "invalid value for '--limit'"),
        (["search", "--colour", "red"], "no such option"),
        (["dlq", "replay"], "name records, or pass --all"),
        (["status", "x"], "'x' is not a job id; `sluice jobs` lists them"),
        (["cancel", "../../collections"], "is not a job id"),
        (["ingest", ""], "a path is empty"),
        (["search", " "], "give a picture's path, or words"),
        (["jobs", "--state", "done"], "'done' is not one of 'running', 'paused'"),
        (["jobs", "--url", "nonsense"], "not the URL of a gateway: start it with http:// or https://"),
        (["jobs", "--url", "http://a:b"], "invalid value for '--url'"),
        (["jobs", "--api-key", "schlüssel"], "an API key holds ASCII letters"),
        (["libraries", "add", "n", "/p", "--rescan", "nightly"], "'nightly' is not a duration: use 30m, 24h"),
        (["libraries", "update", "n"], "name what is to change"),
        (["ingest", "/", "--sync", "--upload"], "--sync and --exclude are for folders"),
        (["prune", "latest", "--undo", "--wait"], "--undo is done when it returns"),
        (["collections", "create", "a/b"], "use 1 to 128 characters"),
        (["collections", "create", "a", "--distance", "far"], "'far' is not one of 'cosine'"),
    ],
)
def test_wrong_usage_is_one_line_that_says_where_to_read_on(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == Exit.USAGE
    message = capsys.readouterr()
    assert message.out == ""
    assert message.err.count("\n") == 1
    assert words in message.err
    assert "--help`" in message.err


@pytest.mark.parametrize(
    "arguments", [["jobs"], ["status", JOB], ["collections", "list"], ["search", "a beach"], ["ingest", "/"]]
)
def test_a_gateway_that_is_away_has_a_status_of_its_own(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--url", NOWHERE]) == Exit.UNREACHABLE
    message = capsys.readouterr().err
    assert message.startswith(f"sluice: the gateway at {NOWHERE} does not answer")
    assert message.count("\n") == 1


@pytest.mark.parametrize("name", ["", "..", "photos/../other", "a/b"])
def test_a_name_cannot_lead_to_another_collection(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collections", "delete", name, "--yes", "--url", NOWHERE]) == Exit.FAILED
    assert capsys.readouterr().err == f"sluice: nothing is called {name!r}\n"


async def test_every_character_of_a_name_reaches_the_gateway() -> None:
    requested: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requested.append(request)
        return httpx.Response(200, json={})

    async with client_of(answer) as client:
        await client.collections.delete("photos?x#y%2e")
    assert requested[0].url.path == "/api/v1/collections/photos?x#y%2e"


def test_a_name_that_is_not_utf_8_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "a\udcff.jpg"
    photo.write_bytes(b"x")
    for arguments in (["ingest", str(photo)], ["search", str(photo)], ["collections", "info", "\udcff"]):
        assert main([*arguments, "--url", NOWHERE]) == Exit.UNREACHABLE
    for arguments in (["search", "words \udcff"], ["jobs", "--collection", "\udcff"]):
        assert main([*arguments, "--url", NOWHERE]) == Exit.FAILED
        assert capsys.readouterr().err.endswith("sluice: text that is not UTF-8 cannot be sent\n")


def test_a_bad_key_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "--api-key", "se\ncret", "--url", NOWHERE]) == Exit.USAGE
    assert "cret" not in capsys.readouterr().err


def test_a_key_from_a_file_may_end_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "--api-key", "secret\n", "--url", NOWHERE]) == Exit.UNREACHABLE
    assert "secret" not in capsys.readouterr().err


def test_a_password_in_the_url_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "--url", "http://me:hush@127.0.0.1:1/"]) == Exit.UNREACHABLE
    assert "hush" not in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.OK
    assert capsys.readouterr().out == f"sluice {__version__}\n"


def test_dead_letters_without_a_broker_say_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dlq", "list"]) == Exit.UNREACHABLE
    assert "start `sluice run`" in capsys.readouterr().err


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == Exit.OK
    assert "Exit status: 0 done" in capsys.readouterr().out


def test_connect_prints_how_to_join_the_embedded_kafka_of_a_data_directory(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "data" / "kafka").mkdir(parents=True)
    access.write(tmp_path / "data" / "kafka", access.made("127.0.0.1:9092"))

    assert main(["topics", "--connect"]) == Exit.OK
    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert printed["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:9092"
    assert printed["KAFKA_SECURITY_PROTOCOL"] == "SASL_PLAINTEXT"
    assert len(printed["KAFKA_SASL_PASSWORD"]) > 40


def test_connect_says_so_where_no_embedded_kafka_was_started(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", "--connect"]) != Exit.OK
    assert "no embedded Kafka was started in" in capsys.readouterr().err


def test_topics_are_those_that_are_declared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPIC_PREFIX", "mine-")
    assert main(["topics", "--json"]) == Exit.OK
    shown = json.loads(capsys.readouterr().out)["topics"]
    assert [topic["name"] for topic in shown] == [f"mine-{topic.name}" for topic in ALL]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (Code.JOB_NOT_FOUND, Exit.FAILED),
        (Code.GATEWAY_UNAVAILABLE, Exit.UNREACHABLE),
        (Code.BROKER_UNAVAILABLE, Exit.UNREACHABLE),
    ],
)
def test_what_may_succeed_later_is_told_apart(code: Code, status: Exit) -> None:
    assert exit_of(SluiceError(code, "x")) == status


def test_a_row_is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    table(("N", "NAME"), [("7", "[red]" + "x" * 300), ("10", "日本")], numbers=("N",))
    assert capsys.readouterr().out == f" N  NAME\n 7  [red]{'x' * 300}\n10  日本\n"


def test_what_a_name_holds_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    table(("NAME",), [("\x1b[2J\x9b31m\nb\u202egpj.exe",)])
    line("[red]\x07\udcff 日本\u3000語 👩\u200d🚀")
    assert capsys.readouterr().out.splitlines() == [
        "NAME", r"\x1b[2J\x9b31m\nb\u202egpj.exe", "[red]\\x07\\udcff 日本\u3000語 👩\u200d🚀",
    ]  # fmt: skip


def test_the_doctor_says_what_to_do_about_a_bad_setting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    assert main(["doctor", "--json"]) == Exit.FAILED
    findings = json.loads(capsys.readouterr().out)["findings"]
    (bad,) = [each for each in findings if each["verdict"] == "wrong"]
    assert "PORT" in bad["detail"]
    assert bad["advice"]


def test_the_doctor_sees_who_uses_the_data(tmp_path: Path) -> None:
    settings = RunSettings(data_dir=tmp_path / "data")
    assert machine.data_dir(settings).verdict is Verdict.OK
    with DirLock(tmp_path / "data"):
        assert machine.data_dir(settings).verdict is Verdict.NOTE
    assert machine.data_dir(settings).verdict is Verdict.OK


def test_the_doctor_sees_data_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = machine.data_dir(RunSettings(data_dir=tmp_path / "file" / "data"))
    assert found.verdict is Verdict.WRONG


def test_the_doctor_sees_that_kafka_can_neither_be_found_nor_downloaded(tmp_path: Path) -> None:
    found = embedded.kafka(EmbeddedSettings(sluice_cache_dir=tmp_path, maven_mirror=NOWHERE))
    assert found.verdict is Verdict.WRONG
    assert "MAVEN_MIRROR" in found.advice


def test_the_doctor_reads_an_ml_service_with_any_key_and_past_any_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Reports(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = self.headers["x-api-key"].encode("latin-1") == "schlüssel".encode()
            body = b'{"safe_clip_batch": 8, "model_name_clip": "faulty-8"}'
            self.send_response(200 if right else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Reports) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        found = outside.ml(MLSettings(ml_inference_service_url=url, ml_api_key=SecretStr("schlüssel")))
    assert (found.verdict, found.detail) == (Verdict.OK, "answers, with faulty-8")


@pytest.mark.parametrize("arguments", [["collections"], ["dlq"], [], ["-h"], ["jobs", "-h"]])
def test_a_group_without_a_command_and_h_print_the_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == Exit.OK
    message = capsys.readouterr()
    assert message.out.startswith("Usage: sluice")
    assert message.err == ""


def test_the_help_says_of_each_command_what_it_says_itself() -> None:
    for name, entry in COMMANDS.items():
        assert (load(name, entry).help or "").splitlines()[0] == entry.summary


@pytest.mark.parametrize("arguments", [[], ["-h"], ["jobs", "--help"], ["files", "--help"]])
def test_no_page_of_help_is_wider_than_80_columns(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments)
    assert max(len(row) for row in capsys.readouterr().out.splitlines()) <= 80


def test_a_command_imports_only_what_it_needs() -> None:
    heavy = ("numpy", "PIL", "aiokafka", "qdrant_client", "pydantic_settings", "fastapi")
    script = (
        f"import sys; from sluice.cli.main import main; main(['jobs', '--url', '{NOWHERE}']); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("job", "found"), [("latest", "a1b2" + JOB[4:]), ("a550", JOB), (JOB, JOB)])
async def test_a_job_is_named_by_its_id_its_first_characters_or_latest(job: str, found: str) -> None:
    async with jobs_of("a1b2" + JOB[4:], JOB) as client:
        assert (await client.jobs.find(job)).job_id == found


@pytest.mark.parametrize(
    ("job", "words"), [("ffff", "no recent job is named ffff"), ("a550", "2 jobs start with")]
)
async def test_a_name_that_no_job_has_or_several_have_is_refused(job: str, words: str) -> None:
    async with jobs_of(JOB, "a550" + "0" * 32) as client:
        with pytest.raises(SluiceError, match=words) as refused:
            await client.jobs.find(job)
    assert refused.value.code == Code.JOB_NOT_FOUND


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> AsyncClient:
    transport = httpx.MockTransport(answer)
    return AsyncClient(connections=httpx.AsyncClient(base_url=NOWHERE, transport=transport))


def jobs_of(*ids: str) -> AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params["limit"])
        rows = [
            {"job_id": each, "state": "completed", "created_at": "2026-01-02T03:04:05Z"}
            for each in ids[:limit]
        ]
        return httpx.Response(200, json={"items": rows, "next": None})

    return client_of(answer)


def test_the_first_photos_make_a_collection_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    requested: list[tuple[str, str]] = []
    answers = {
        "/api/v1/collections": [],
        "/api/v1/capabilities": {"active_collection": None},
        "/api/v1/ingest/": {"job_id": JOB, "message": "taken"},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        requested.append((request.method, request.url.path))
        return httpx.Response(200, json=answers.get(request.url.path, {}))

    real = httpx.AsyncClient.__init__
    monkeypatch.setattr(
        httpx.AsyncClient, "__init__", partialmethod(real, transport=httpx.MockTransport(answer))
    )
    assert main(["ingest", "/", "--url", NOWHERE]) == Exit.OK
    assert ("POST", "/api/v1/collections") in requested
    assert ("POST", "/api/v1/collections/select") in requested
    assert "created and selected photos" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("lite", Verdict.OK, "512 numbers"),
        ("labels", Verdict.OK, "1280 numbers"),
        ("ViT-B-32__laion2b-s34b-b79k", Verdict.WRONG, "sluice models fetch"),
        ("nonsense", Verdict.WRONG, "neither a folder nor one of"),
    ],
)
def test_the_doctor_looks_for_the_model(tmp_path: Path, name: str, verdict: Verdict, words: str) -> None:
    found = models.model(RunSettings(ml_model=name, ml_models_dir=tmp_path))
    assert found.verdict is verdict
    assert words in found.detail


def test_the_doctor_says_what_the_model_computes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = RunSettings(ml_model="labels", ml_models_dir=tmp_path)
    assert "computes on cpu" in models.model(settings).detail
    monkeypatch.setenv("ML_DEVICE", "rocm")
    assert models.model(settings).verdict is Verdict.WRONG
    assert "no ML_DEVICE rocm; it has" in models.model(settings).detail


def test_the_models_are_listed_and_one_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == Exit.OK
    assert "ViT-B-32__laion2b-s34b-b79k" in capsys.readouterr().out
    assert main(["models", "check", "labels"]) == Exit.OK
    assert "labels-efficientnet-lite0@57934424 works on" in capsys.readouterr().out
    assert main(["models", "check", "nonsense"]) == Exit.FAILED
    assert "neither a folder nor one of" in capsys.readouterr().err
