import re
from typing import get_args

from libs.common.events import JobEvent
from libs.common.kafka.connection import Connection
from libs.common.settings import StageSettings
from services.gateway.api_docs.asyncapi import document, page

SPEC = document(Connection.of(StageSettings(topic_prefix="home-"), "gateway"))


def test_the_public_topics_are_documented_under_their_names() -> None:
    assert {name: channel["address"] for name, channel in SPEC["channels"].items()} == {
        "ingest": "home-ingest",
        "job-status": "home-job-status",
        "jobs": "home-jobs",
        "decisions": "home-decisions",
        "libraries": "home-libraries",
    }


def test_bodies_have_the_fields_that_are_sent() -> None:
    schemas = SPEC["components"]["schemas"]

    assert {"job_id", "directory_path", "collection", "force"} <= set(schemas["ScanRequest"]["properties"])
    assert len(schemas["job-status:Message:Payload"]["anyOf"]) == len(get_args(JobEvent))


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r"#/components/schemas/([^'\"]+)", repr(SPEC)))

    assert names <= set(SPEC["components"]["schemas"])


def test_the_page_loads_nothing_from_elsewhere() -> None:
    html = page(SPEC)

    assert "home-ingest" in html
    assert "directory_path" in html
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)


def test_the_field_that_tells_events_apart_is_named() -> None:
    assert SPEC["components"]["schemas"]["job-status:Message:Payload"]["discriminator"] == "event"


def test_sluice_receives_what_is_on_ingest_and_sends_the_others() -> None:
    operations = SPEC["operations"].values()
    actions = {each["channel"]["$ref"].rpartition("/")[2]: each["action"] for each in operations}
    assert actions.pop("ingest") == "receive"
    assert set(actions.values()) == {"send"}


def test_messages_say_what_their_key_is() -> None:
    messages = SPEC["components"]["messages"]
    keys = {name: each["bindings"]["kafka"]["key"]["description"] for name, each in messages.items()}
    assert keys["ingest:Message"] == "job id"
    assert keys["decisions:Message"] == "decision id"


def test_the_page_has_rendered_text_and_says_of_fields_what_they_are_for() -> None:
    shown = page(SPEC)
    assert "<code>ingest</code>" in shown
    assert "`" not in shown
    assert "The folder, file or URI to ingest, as the scanner sees it." in shown
