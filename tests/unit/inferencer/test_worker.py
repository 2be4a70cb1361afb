"""Images in, ml-results and failures out."""

from collections.abc import Sequence

from libs.common import events
from libs.common.errors import Code
from libs.common.events import Outcome, Outcomes
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.runner.worker import Worker
from libs.common.messages import ImageRecord, PointRecord, decode
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.inference import Answer, Away, Image, Refused, Reply
from libs.common.topics import JOB_STATUS, ML_RESULTS
from services.inferencer.models import Models
from services.inferencer.worker import InferencerWorker
from tests.unit.inferencer.fakes import FakeClient, Pauses, batching_of, floats, record, result_of, vector_of


def worker_of(client: FakeClient, pauses: Pauses | None = None) -> Worker[ImageRecord]:
    return InferencerWorker(Models(batching_of(client, pauses=pauses)))


def points(outgoing: Sequence[Outgoing]) -> list[PointRecord]:
    return [decode(out.value or b"", PointRecord) for out in outgoing if out.topic is ML_RESULTS]


def failures(outgoing: Sequence[Outgoing]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for out in outgoing:
        if out.topic is JOB_STATUS:
            body = events.decode_event(out.value or b"")
            assert isinstance(body, Outcomes)
            found.setdefault(body.job_id, []).extend(body.items)
    return found


async def test_a_point_carries_the_file_and_its_content_through() -> None:
    image = record(1)
    (out,) = await worker_of(FakeClient())([image])
    assert (out.topic, out.key, out.file_id) == (ML_RESULTS, "job", image.file.file_id)
    (point,) = points([out])
    assert (point.file, point.content, point.source) == (image.file, image.content, "batch_ml")
    assert floats(point.inference.embedding) == vector_of(image.jpeg)
    assert (point.inference.model, point.inference.caption) == ("fake-4", "it shows 1.jpg")


async def test_files_that_want_no_caption_are_asked_for_apart_and_get_none() -> None:
    client = FakeClient()
    one, two, three = record(1), record(2, caption=False), record(3)
    out = await worker_of(client)([one, two, three])
    requested = dict(zip(client.captions, client.requests, strict=True))
    assert requested == {
        True: [f"0-{one.file.file_id}", f"1-{three.file.file_id}"],
        False: [f"0-{two.file.file_id}"],
    }
    assert [point.inference.caption for point in points(out)] == ["it shows 1.jpg", None, "it shows 3.jpg"]


async def test_copies_in_a_batch_are_embedded_once_and_each_becomes_a_point() -> None:
    client = FakeClient()
    out = await worker_of(client)([record(1), record(2, content=1), record(3)])
    assert [len(request) for request in client.requests] == [2]
    one, copy, _ = points(out)
    assert one.inference == copy.inference
    assert one.file.file_id != copy.file.file_id


async def test_a_file_that_comes_twice_rewritten_gets_two_embeddings() -> None:
    old, new = record(1), record(1, content=2)
    assert old.file.file_id == new.file.file_id
    first, second = points(await worker_of(FakeClient())([old, new]))
    assert floats(first.inference.embedding) == vector_of(old.jpeg)
    assert floats(second.inference.embedding) == vector_of(new.jpeg)


async def test_a_copy_with_and_one_without_a_caption_are_two_requests() -> None:
    client = FakeClient()
    out = await worker_of(client)([record(1), record(2, content=1, caption=False)])
    assert [point.inference.caption for point in points(out)] == ["it shows 1.jpg", None]


class Refusing(FakeClient):
    def reply(self, images: Sequence[Image]) -> Reply:
        refused = any(image.name in {"2.jpg", "4.jpg"} for image in images)
        return Refused("400: bad image") if refused else super().reply(images)


async def test_each_file_of_a_batch_ends_as_a_point_or_as_its_jobs_outcome() -> None:
    batch = [record(n, job=f"job{n % 2}") for n in range(6)]
    out = await worker_of(Refusing())(batch)
    assert [point.content.sha256 for point in points(out)] == ["sha0", "sha1", "sha3", "sha5"]
    failed = failures(out)
    assert failed.keys() == {"job0"}
    assert [item.file_id for item in failed["job0"]] == [batch[2].file.file_id, batch[4].file.file_id]
    first = failed["job0"][0]
    assert (first.outcome, first.code, first.file) == ("failed", Code.ML_REJECTED, "/photos/2.jpg")
    assert "400: bad image" in (first.error or "")


async def test_a_service_that_names_no_model_gives_points_of_an_unknown_one() -> None:
    class Nameless(FakeClient):
        def reply(self, images: Sequence[Image]) -> Reply:
            return Answer([result_of(image, model=None) for image in images])

    (point,) = points(await worker_of(Nameless(Capabilities(safe_batch=4)))([record(1)]))
    assert point.inference.model == "unknown"


async def test_the_worker_waits_by_itself_and_says_so() -> None:
    client, pauses = FakeClient(), Pauses()
    client.script = [Away("it answers 503")]
    worker = worker_of(client, pauses)
    assert str(worker.waiting).endswith("it has not been asked yet")
    assert len(points(await worker([record(1)]))) == 1
    assert pauses.seconds == [0.5]
    assert worker.waiting is None
