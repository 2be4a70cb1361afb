"""What jobs add to points that are there, and what becomes of it when points are made again."""

from msgspec import structs

from libs.common.errors import Code
from libs.common.messages import Description, File, Inference, PointRecord
from libs.common.store.protocol import Payload
from tests.support.records import content, point_record
from tests.unit.upserter.conftest import Upserter

MESSAGE = Description(caption="Two zebras drink", caption_model="vision-1")
READ = Description(text="EXIT 42", text_model="ocr-1")


def addition(of: File, description: Description, sha256: str = "0" * 64) -> PointRecord:
    return PointRecord(
        file=of, content=content(sha256), inference=Inference(embedding=b"", model=""), source="batch_ml",
        description=description,
    )  # fmt: skip


async def payload(upserter: Upserter, file: File) -> Payload:
    [point] = await upserter.store.retrieve(upserter.collection, [file.file_id], vectors=True)
    assert point.vector == [1, 0, 0, 0]
    return point.payload


async def test_a_caption_is_added_and_all_else_stays(upserter: Upserter) -> None:
    file = structs.replace(upserter.file("2019/paris/a.jpg"), root_length=len("/photos"))
    await upserter.run(point_record(file))
    before = await payload(upserter, file)
    reported = await upserter.run(addition(file, MESSAGE))
    assert reported.by_name()["a.jpg"].caption == "Two zebras drink"
    after = await payload(upserter, file)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"caption", "caption_model", "search_text"}
    words = after["search_text"].split()
    assert {"zebras", "drink", "2019", "paris"} <= set(words)
    assert "photos" not in words


async def test_a_caption_and_a_text_are_found_together(upserter: Upserter) -> None:
    file = upserter.file()
    await upserter.run(point_record(file))
    await upserter.run(addition(file, READ), addition(upserter.file(job="job-2"), MESSAGE))
    found = await payload(upserter, file)
    assert (found["picture_text"], found["caption"]) == ("EXIT 42", "Two zebras drink")
    assert {"exit", "42", "zebras"} <= set(found["search_text"].split())


async def test_a_point_made_again_keeps_them_while_its_content_is_the_same(upserter: Upserter) -> None:
    file = upserter.file()
    await upserter.run(point_record(file))
    await upserter.run(addition(file, MESSAGE), addition(file, READ))
    await upserter.run(point_record(file))
    kept = await payload(upserter, file)
    assert (kept["caption"], kept["caption_model"], kept["picture_text"]) == (
        "Two zebras drink", "vision-1", "EXIT 42",
    )  # fmt: skip
    assert "zebras" in kept["search_text"]
    await upserter.run(point_record(file, sha256="1" * 64))
    new = await payload(upserter, file)
    assert (new["caption"], new.get("caption_model"), new.get("picture_text")) == ("a", None, None)


async def test_another_collection_takes_them_and_the_metadata_from_the_point_of_origin(
    upserter: Upserter,
) -> None:
    file = structs.replace(
        upserter.file("deep/er/a.jpg"), meta={"client": "Meier"}, root_length=len("/photos")
    )
    await upserter.run(point_record(file))
    await upserter.run(addition(file, MESSAGE))
    before = await payload(upserter, file)
    again = structs.replace(upserter.file("deep/er/a.jpg"), origin=upserter.collection)
    await upserter.run(point_record(again))
    after = await payload(upserter, file)
    assert (after["meta"], after["caption"]) == ({"client": "Meier"}, "Two zebras drink")
    assert after["search_text"] == before["search_text"]


async def test_no_point_or_another_content_is_the_files_own_failure(upserter: Upserter) -> None:
    there, gone = upserter.file("a.jpg"), upserter.file("b.jpg")
    await upserter.run(point_record(there, sha256="1" * 64))
    reported = await upserter.run(addition(there, MESSAGE), addition(gone, MESSAGE))
    assert {name: each.code for name, each in reported.by_name().items()} == {
        "a.jpg": Code.FILE_CHANGED, "b.jpg": Code.NOT_INDEXED,
    }  # fmt: skip
    assert "caption_model" not in await payload(upserter, there)
    assert list(await upserter.stored()) == [there.file_id]


async def test_additions_to_a_deleted_collection_are_refused(upserter: Upserter) -> None:
    reported = await upserter.run(addition(upserter.file(generation="g0"), MESSAGE))
    assert reported.by_name()["a.jpg"].code is Code.COLLECTION_GONE
    assert [each.code for each in reported.errors] == [Code.COLLECTION_GONE]
