"""What earlier releases wrote can be read, whole: they run next to this one, or lie on its topics."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from libs.common import control, events, messages
from libs.common.errors import Code, SluiceError
from scripts import record_corpus
from services.scanner.jobs import changelog

CORPUS = Path(__file__).parents[2] / "corpus"
RECORDED = sorted(path for path in CORPUS.glob("*/*/*") if path.parent.name != "schemas")

READERS: dict[str, Callable[[bytes], Struct]] = {
    "PathRecord": lambda body: messages.decode(body, messages.PathRecord),
    "ImageRecord": lambda body: messages.decode(body, messages.ImageRecord),
    "PointRecord": lambda body: messages.decode(body, messages.PointRecord),
    "RemovedRecord": lambda body: messages.decode(body, messages.RemovedRecord),
    "TaskRecord": lambda body: messages.decode(body, messages.TaskRecord),
    "JobRecord": changelog.decode,
    "ScanRequest": lambda body: events.decode(body, events.ScanRequest),
    "JobSnapshot": lambda body: events.decode(body, events.JobSnapshot),
    "Heartbeat": lambda body: events.decode(body, events.Heartbeat),
    "DeadLetter": lambda body: events.decode(body, events.DeadLetter),
}
BY_FOLDER: dict[str, Callable[[bytes], Struct]] = {"event": events.decode_event, "control": control.decode}


def reader_of(path: Path) -> Callable[[bytes], Struct]:
    return BY_FOLDER.get(path.parent.name) or READERS[path.stem]


def plain(path: Path) -> Any:
    """The message without regard to what it should be."""
    body = path.read_bytes()
    return msgspec.msgpack.decode(body) if path.suffix == ".msgpack" else msgspec.json.decode(body)


def rewritten(path: Path, body: Struct) -> Any:
    """The body, written again by this release, without regard to what it should be."""
    if path.suffix == ".msgpack":
        return msgspec.msgpack.decode(msgspec.msgpack.encode(body))
    return msgspec.json.decode(msgspec.json.encode(body))


def differences(old: Any, new: Any, place: str = "") -> Iterable[str]:
    """Where `new` lacks something of `old`; what it has beyond that is no difference."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name not in new:
                yield f"{place}.{name} is lost"
            else:
                yield from differences(value, new[name], f"{place}.{name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from differences(was, now, f"{place}[{number}]")
    elif old != new:
        yield f"{place} is {new!r} instead of {old!r}"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_recorded_message_is_read_whole(path: Path) -> None:
    body = reader_of(path)(path.read_bytes())
    assert type(body).__name__ == path.stem
    assert list(differences(plain(path), rewritten(path, body))) == []


def test_every_kind_of_message_is_in_the_corpus() -> None:
    written = {Path(name).stem for name, _ in record_corpus.files() if not name.startswith("schemas/")}
    # A kind of after the last release is recorded with the next one.
    assert {path.stem for path in RECORDED} <= written
    members = (*READERS, *_names(events.JobEvent), *_names(control.Control))
    assert written == set(members)


def _names(union: Any) -> list[str]:
    return [member.__name__ for member in union.__args__]


def next_version(path: Path) -> int:
    return (events.REQUEST_VERSION if path.stem == "ScanRequest" else events.VERSION) + 1


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_message_of_the_next_version_is_refused_and_says_so(path: Path) -> None:
    if "version" not in (made := plain(path)) and path.parent.name == "control":
        pytest.skip("facts on `control` have no version: a new meaning gets a new kind")
    writer = msgspec.msgpack.encode if path.suffix == ".msgpack" else msgspec.json.encode
    with pytest.raises(SluiceError) as refused:
        reader_of(path)(writer(made | {"version": next_version(path)}))
    assert refused.value.code == Code.UNDECODABLE_RECORD
    assert f"version {next_version(path)}" in refused.value.detail


def test_a_release_is_recorded_once(tmp_path: Path) -> None:
    record_corpus.record(tmp_path / "0.2")
    with pytest.raises(FileExistsError):
        record_corpus.record(tmp_path / "0.2")


def test_a_code_of_a_later_release_is_kept_as_the_word_it_is() -> None:
    path = next(path for path in RECORDED if path.stem == "Outcomes")
    body = path.read_bytes().replace(b'"unsupported_type"', b'"too_blurred"')
    event = events.decode_event(body)
    assert isinstance(event, events.Outcomes)
    assert event.items[1].code == "too_blurred"
    assert b'"too_blurred"' in events.encode(event)


@pytest.mark.parametrize("code", ["Not A Code", "", 7])
def test_what_can_be_no_code_is_refused(code: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Code"):
        Code(code)
