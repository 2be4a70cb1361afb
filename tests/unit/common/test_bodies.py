"""Bodies: what is written can be read, what is not ours is refused, and later fields do no harm."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import control, events, messages
from libs.common.errors import Code, SluiceError
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.topics import IMAGES, JOB_STATUS, MAX_MESSAGE_BYTES
from tests.support import records


@given(path=st.binary(max_size=60), jpeg=st.binary(max_size=200), caption=st.booleans())
def test_an_internal_record_survives_the_wire(path: bytes, jpeg: bytes, caption: bool) -> None:
    file = msgspec.structs.replace(records.file(), path=path, caption=caption)
    record = records.image_record(file, jpeg)
    assert messages.decode(messages.encode(record), messages.ImageRecord) == record


def test_a_field_of_a_later_release_is_ignored() -> None:
    body = msgspec.to_builtins(records.path_record(records.file()), builtin_types=(bytes,))
    body["tomorrow"] = 1
    body["file"]["tomorrow"] = 2
    decoded = messages.decode(msgspec.msgpack.encode(body), messages.PathRecord)
    assert decoded == records.path_record(records.file(job_id=decoded.file.job_id))


def test_a_later_version_is_refused() -> None:
    record = messages.PathRecord(file=records.file(), version=2)
    with pytest.raises(SluiceError) as refused:
        messages.decode(messages.encode(record), messages.PathRecord)
    assert refused.value.code == Code.UNDECODABLE_RECORD


@given(body=st.binary(max_size=100))
def test_nonsense_is_refused_with_a_code(body: bytes) -> None:
    for read in (
        lambda: messages.decode(body, messages.PointRecord),
        lambda: events.decode_event(body),
        lambda: events.decode(body, events.DeadLetter),
        lambda: control.decode(body),
    ):
        with pytest.raises(SluiceError) as refused:
            read()
        assert refused.value.code == Code.UNDECODABLE_RECORD


DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"active","event":"state","name":"\xff","job_id":"\xff","directory_path":"\xff"}',
        b'{"kind":"active","event":"state","x":' + b"[" * DEEP + b"]" * DEEP + b"}",
        msgspec.msgpack.encode({"file": {"job_id": "??"}}).replace(b"??", b"\xff\xff"),
        b"\x81\xa1x" + b"\x91" * DEEP + b"\xc0",
    ],
    ids=["JSON, no UTF-8", "JSON, deep", "msgpack, no UTF-8", "msgpack, deep"],
)
def test_text_that_is_no_utf8_and_endless_nesting_are_refused_like_other_nonsense(body: bytes) -> None:
    for read in (
        lambda: messages.decode(body, messages.PathRecord),
        lambda: events.decode_event(body),
        lambda: events.decode(body, events.ScanRequest),
        lambda: control.decode(body),
    ):
        with pytest.raises(SluiceError) as refused:
            read()
        assert refused.value.code == Code.UNDECODABLE_RECORD


@pytest.mark.parametrize(
    "event",
    [
        events.Accepted(job_id="j", collection="c", partition=0, offset=1, directory_path="/p"),
        events.Listed(job_id="j", found=1, ignored=2, bytes=3),
        events.Outcomes(job_id="j", items=(events.Outcome(file_id="f", file="a", outcome="stored"),)),
        events.StateChanged(job_id="j", state="paused"),
        events.JobError(job_id="j", code=Code.MODEL_MISMATCH, error="another model"),
        events.Finished(
            job_id="j", state="completed", total=1, stored=1, from_cache=0, failed=0, skipped=0, ignored=0
        ),
    ],
)
def test_every_event_survives_the_wire(event: events.JobEvent) -> None:
    assert events.decode_event(events.encode(event)) == event


def test_an_event_of_a_later_version_is_refused() -> None:
    with pytest.raises(SluiceError, match="version 2"):
        events.decode_event(b'{"event":"state","job_id":"j","version":2,"state":"paused"}')


@pytest.mark.parametrize("body", [b"{}", b'{"directory_path": "/a", "retry_of": "%s"}' % (b"0" * 32)])
def test_a_scan_request_names_exactly_one_source(body: bytes) -> None:
    with pytest.raises(SluiceError):
        events.decode(body, events.ScanRequest)


def test_a_heartbeat_without_a_time_zone_is_refused() -> None:
    beat = events.Heartbeat(instance="i", stage="s", release="1", state="ready")
    body = events.encode(beat).replace(b'Z"', b'"')
    with pytest.raises(SluiceError, match="time zone"):
        events.decode(body, events.Heartbeat)


def item(number: int, error: str) -> events.Outcome:
    return events.Outcome(file_id=str(number), file="a", outcome="failed", code=Code.EMPTY_FILE, error=error)


@given(sizes=st.lists(st.integers(0, 300_000), max_size=30), jobs=st.integers(1, 3))
def test_outcomes_are_cut_into_events_that_fit(sizes: list[int], jobs: int) -> None:
    reported = [(f"j{number % jobs}", item(number, "e" * size)) for number, size in enumerate(sizes)]
    sent = outcomes(reported)
    assert all(len(record.value or b"") <= MAX_MESSAGE_BYTES for record in sent)
    found = [(e.job_id, i) for e in decoded(sent) for i in e.items]
    assert sorted(found, key=lambda pair: int(pair[1].file_id)) == reported


def test_at_most_500_outcomes_are_in_one_event() -> None:
    sent = outcomes(("j", item(number, "")) for number in range(1201))
    assert [len(event.items) for event in decoded(sent)] == [500, 500, 201]


def decoded(sent: list[Outgoing]) -> list[events.Outcomes]:
    found = [events.decode_event(record.value or b"") for record in sent]
    assert all(record.topic is JOB_STATUS for record in sent)
    return [event for event in found if isinstance(event, events.Outcomes)]


def test_work_is_keyed_by_job_and_placed_by_file() -> None:
    file = records.file()
    sent = work(IMAGES, records.image_record(file))
    assert (sent.key, sent.file_id) == (file.job_id, file.file_id)


@pytest.mark.parametrize(
    ("fact", "key"),
    [
        (control.ActiveCollection(name="c"), "active"),
        (control.CollectionState(name="c", generation="g"), "collection:c"),
        (control.FilledBy(name="c", generation="g", model="m"), "filled:c"),
        (control.JobCommand(job_id="j", action="pause"), "job:j"),
        (control.ModelInUse(model="m", dimension=512), "model"),
    ],
)
def test_a_fact_survives_the_wire_under_its_subject(fact: control.Control, key: str) -> None:
    assert control.key_of(fact) == key
    assert control.decode(msgspec.json.encode(fact)) == fact


@pytest.mark.parametrize("bad", ["x", "", "../../etc/passwd", "6F0D1C0E-5F0B-4C54-9F6E-0C1F5D1B7A52"])
def test_a_file_id_that_is_none_is_refused(bad: str) -> None:
    """It decides the partition and names the point; a stage must not stumble over it later."""
    file = msgspec.structs.replace(records.file(), file_id=bad)
    with pytest.raises(SluiceError) as refused:
        messages.decode(messages.encode(records.path_record(file)), messages.PathRecord)
    assert refused.value.code == Code.UNDECODABLE_RECORD
