"""Whatever a record holds, its dead letter fits a message and its file gets an outcome."""

import pytest
from aiokafka.structs import ConsumerRecord

from libs.common import events
from libs.common.errors import Code, SluiceError
from libs.common.kafka.outgoing import FILE_ID_HEADER, JOB_ID_HEADER
from libs.common.kafka.runner.dead_letters import dead_letter, failed_work
from libs.common.topics import DEAD_LETTERS, JOB_STATUS, MAX_MESSAGE_BYTES

NOT_READ = SluiceError(Code.UNDECODABLE_RECORD, "not a PathRecord")
LARGE = 600 * 1024


def record(
    *,
    key: bytes | None = b"j",
    value: bytes | None = b"?",
    headers: tuple[tuple[str, bytes | None], ...] = (),
) -> ConsumerRecord:
    return ConsumerRecord(
        "paths", 0, 7, 0, 0, key, value, 0, 0 if key is None else len(key), len(value or b""), headers
    )


@pytest.mark.parametrize(
    "poison",
    [
        record(key=b"\xff" * LARGE, value=b"\xff" * LARGE),
        record(
            value=b"\xff" * LARGE, headers=((FILE_ID_HEADER, b"\xff" * LARGE), (JOB_ID_HEADER, b"j" * LARGE))
        ),
        record(key=None, value=None, headers=((FILE_ID_HEADER, None), (JOB_ID_HEADER, None))),
    ],
    ids=["key", "headers", "nothing"],
)
def test_a_letter_fits_a_message(poison: ConsumerRecord) -> None:
    sent = failed_work(poison, NOT_READ)
    assert sent[0].topic is DEAD_LETTERS
    assert events.decode(sent[0].value or b"", events.DeadLetter).offset == 7
    assert all(len(each.key.encode()) + len(each.value or b"") <= MAX_MESSAGE_BYTES for each in sent)


def test_the_file_that_the_headers_name_gets_its_outcome() -> None:
    _, reported = failed_work(record(headers=((FILE_ID_HEADER, b"f"), (JOB_ID_HEADER, b"j"))), NOT_READ)
    event = events.decode_event(reported.value or b"")
    assert reported.topic is JOB_STATUS
    assert isinstance(event, events.Outcomes)
    assert [(item.file_id, item.outcome, item.code) for item in event.items] == [
        ("f", "failed", NOT_READ.code)
    ]


@pytest.mark.parametrize("key", [None, b"", b"other", b"\xff"])
def test_headers_under_another_key_name_no_file(key: bytes | None) -> None:
    forged = record(key=key, headers=((FILE_ID_HEADER, b"f"), (JOB_ID_HEADER, b"j")))
    (made,) = failed_work(forged, NOT_READ)
    assert events.decode(made.value or b"", events.DeadLetter).job_id is None


def test_headers_on_a_topic_of_other_systems_name_no_file() -> None:
    made = dead_letter(record(headers=((FILE_ID_HEADER, b"f"), (JOB_ID_HEADER, b"j"))), NOT_READ)
    found = events.decode(made.value or b"", events.DeadLetter)
    assert (made.topic, found.job_id, found.file_id) == (DEAD_LETTERS, None, None)
