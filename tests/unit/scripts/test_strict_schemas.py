"""What the schema of a request lets through is what the scanner takes."""

import json
from typing import Any

import jsonschema_rs
import pytest

from libs.common import events
from libs.common.errors import SluiceError
from scripts.schemas import FOLDER

JOB = "a5502559-d7c1-4b4d-a83b-b557ad5590c6"
SCHEMA = json.loads((FOLDER / "scan-request.json").read_text())
GOOD: list[dict[str, Any]] = [
    {"directory_path": "/photos"},
    {"directory_path": "/photos", "retry_of": None, "job_id": JOB, "version": 1},
    {"version": 2, "directory_path": "/photos", "sync": True, "exclude": ["*.png"]},
    {"retry_of": JOB, "codes": ["ml_rejected"]},
    {"version": 2, "source": {"collection": "photos"}},
    {"directory_path": "/photos", "labels": {"order": "7"}, "tomorrow": 1},
    {"directory_path": "/photos", "callback_url": "https://hooks.example.com:8443/sluice?order=7"},
    {"directory_path": "/photos", "callback_url": None},
]
BAD: list[dict[str, Any]] = [
    {},
    {"directory_path": None},
    {"directory_path": "/photos", "retry_of": JOB},
    {"directory_path": "/photos", "source": {"collection": "photos"}, "version": 2},
    {"directory_path": "/photos", "version": 3},
    {"directory_path": "/photos", "version": "1"},
    {"directory_path": "/photos", "job_id": "7"},
    {"directory_path": 7},
    {"directory_path": "/photos", "prune": "never", "version": 2},
    {"retry_of": "yesterday"},
    {"directory_path": "/photos", "callback_url": "ftp://hooks.example.com/"},
    {"directory_path": "/photos", "callback_url": "https://user@hooks.example.com/"},
]


@pytest.mark.parametrize("request_", GOOD)
def test_what_the_scanner_takes_is_valid(request_: dict[str, Any]) -> None:
    events.decode(json.dumps(request_).encode(), events.ScanRequest)
    jsonschema_rs.validate(SCHEMA, request_)


@pytest.mark.parametrize("request_", BAD)
def test_what_would_be_a_dead_letter_is_invalid(request_: dict[str, Any]) -> None:
    with pytest.raises(SluiceError):
        events.decode(json.dumps(request_).encode(), events.ScanRequest)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(SCHEMA, request_)
