"""Well over a thousand files from hell through the processor's own decoder processes."""

import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from libs.common import events, messages
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import ImageRecord, PathRecord
from libs.common.sources.roots import Roots
from libs.common.topics import IMAGES
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.opening import Opening
from services.processor.decoding.pool import DecodePool
from services.processor.worker import ProcessorWorker
from tests.support.hell import library, places
from tests.support.hell.case import STORED
from tests.support.hell.decoders import MEMORY_BYTES, Decoders, watched
from tests.support.hell.judging import is_for_people, looks_like
from tests.support.hell.library import Laid
from tests.support.hell.orders import Sabotaged, SabotagedSources
from tests.unit.processor.samples import file_for

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("HELL_SEED", "6"))
WORKERS = 2
TIMEOUT_S = 6.0
PAUSES_S = (0.1, 0.2, 0.3)


@dataclass
class Ran:
    """A folder from hell after the processor has seen it. Outcomes and pictures are by path."""

    laid: Laid
    outcomes: dict[bytes, list[str]] = field(default_factory=dict)
    sentences: dict[bytes, str | None] = field(default_factory=dict)
    pictures: dict[bytes, bytes] = field(default_factory=dict)
    decoders: Decoders = field(default_factory=Decoders)

    def take(self, sent: Sequence[Outgoing], by_id: dict[str, bytes]) -> None:
        """What the worker puts out for a batch."""
        for out in sent:
            if out.topic is IMAGES:
                image = messages.decode(out.value or b"", ImageRecord)
                self._add(image.file.path, STORED)
                self.pictures[image.file.path] = image.jpeg
                continue
            body = events.decode_event(out.value or b"")
            assert isinstance(body, events.Outcomes)
            for item in body.items:
                self._add(by_id[item.file_id], str(item.code))
                self.sentences[by_id[item.file_id]] = item.error

    def _add(self, path: bytes, outcome: str) -> None:
        self.outcomes.setdefault(path, []).append(outcome)


@pytest.fixture(scope="module")
async def ran(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ran]:
    base = tmp_path_factory.mktemp("hell")
    outside, root = base / "outside", base / "photos"
    places.lay_outside(outside)
    root.mkdir()
    done = Ran(library.lay(root, library.cases(SEED, outside)))
    batch = [PathRecord(file=file_for(path)) for path in library.spread(done.laid)]
    inspector = Inspector(cache_dir=base / "cache")
    opening = Opening(SabotagedSources(Roots((bytes(root),))), TIMEOUT_S)
    pool = DecodePool(Sabotaged(inspector), WORKERS, TIMEOUT_S, MEMORY_BYTES, opening)
    # The tests' own process may have those of other tests' systems below it.
    async with watched(os.getpid(), only_new=True) as done.decoders, pool:
        worker = ProcessorWorker(pool, lambda _: None, PAUSES_S)
        done.take(await worker(batch), {record.file.file_id: record.file.path for record in batch})
    yield done
    shutil.rmtree(base)


def test_there_are_over_a_thousand_and_each_has_one_outcome_that_it_may_have(ran: Ran) -> None:
    assert len(ran.laid.cases) >= 1000
    assert ran.outcomes.keys() == ran.laid.cases.keys() | ran.laid.healthy.keys()
    wrong = {
        path: (case.kind, ran.outcomes[path])
        for path, case in ran.laid.cases.items()
        if len(ran.outcomes[path]) != 1 or ran.outcomes[path][0] not in case.may
    }
    assert not wrong


def test_each_failure_says_why_in_a_sentence_for_people(ran: Ran) -> None:
    failed = {path for path, (outcome,) in ran.outcomes.items() if outcome != STORED}
    assert failed == ran.sentences.keys()
    assert not {sentence for sentence in ran.sentences.values() if not is_for_people(sentence)}


def test_what_is_stored_shows_the_whole_picture(ran: Ran) -> None:
    compared = {path: case for path, case in ran.laid.cases.items() if case.shows and path in ran.pictures}
    assert len(compared) > 200
    assert not [path for path, case in compared.items() if not looks_like(ran.pictures[path], case.shows)]


def test_the_healthy_files_between_them_are_unharmed(ran: Ran) -> None:
    for path, content in ran.laid.healthy.items():
        assert ran.pictures[path] == normalise(content, Limits()).jpeg


def test_no_decoder_was_larger_than_its_limit_and_none_is_left(ran: Ran) -> None:
    assert len(ran.decoders.seen) > WORKERS
    ran.decoders.check()


def test_every_kind_of_failure_that_a_file_can_cause_here_was_caused(ran: Ran) -> None:
    codes = Counter(outcome for (outcome,) in ran.outcomes.values())
    assert codes.keys() >= {
        *("empty_file", "truncated_image", "decode_failed", "decode_timeout", "decoder_crashed"),
        *("too_many_pixels", "too_large", "permission_denied", "file_vanished", "file_changing"),
        *("not_a_regular_file", "outside_roots", "unsupported_type"),
    }
