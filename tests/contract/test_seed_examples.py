"""Every command of the seed's document, as it stands there, with host and file names put in place."""

import asyncio
import json
import shutil
from typing import Any

import pytest

from tests.contract.conftest import Contract
from tests.contract.test_frontend import ended

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

# ruff: noqa: E501 (as they stand there)
CREATE = """curl -X POST -H "Content-Type: application/json" -d '{"collection_name": "my_photo_collection"}' http://localhost:8002/api/v1/collections"""
CREATE_EUCLID = """curl -X POST -H "Content-Type: application/json" -d '{"collection_name": "my_other_photos", "vector_size": 768, "distance": "Euclid"}' http://localhost:8002/api/v1/collections"""
LIST = "curl http://localhost:8002/api/v1/collections"
SELECT = """curl -X POST -H "Content-Type: application/json" -d '{"collection_name": "my_photo_collection"}' http://localhost:8002/api/v1/collections/select"""
SCAN = """curl -X POST -H "Content-Type: application/json" -d '{"directory_path": "C:/Users/YourUser/Pictures/MyVacation"}' http://localhost:8002/api/v1/ingest/scan"""
UPLOAD = 'curl -X POST -F "files=@/path/to/image1.jpg" -F "files=@/path/to/image2.png" http://localhost:8002/api/v1/ingest/upload'
STATUS = "curl http://localhost:8002/api/v1/ingest/status/your-job-id-here"
CLEAR = "curl -X POST http://localhost:8002/api/v1/collections/cache/clear"
DELETE = "curl -X DELETE http://localhost:8002/api/v1/collections/my_photo_collection"


async def run(contract: Contract, line: str) -> Any:
    """What the command prints, as JSON."""
    line = line.replace("http://localhost:8002", contract.base_url)
    line = line.replace("/path/to/", f"{contract.photos}/")
    process = await asyncio.create_subprocess_shell(
        f"{line} --silent --fail-with-body --max-time 10", stdout=asyncio.subprocess.PIPE
    )
    message, _ = await process.communicate()
    assert process.returncode == 0, (line, message)
    return json.loads(message)


async def test_the_examples_give_what_they_say(contract: Contract) -> None:
    await run(contract, CREATE)
    await run(contract, CREATE_EUCLID)
    names = await run(contract, LIST)
    config = (await contract.browser.get("/api/v1/collections/my_other_photos/info")).json()["config"]
    await run(contract, SELECT)
    scanned = await run(contract, SCAN)
    report = await ended(contract.browser, scanned["job_id"])
    uploaded = await run(contract, UPLOAD)
    await ended(contract.browser, uploaded["job_id"])
    status = await run(contract, STATUS.replace("your-job-id-here", uploaded["job_id"]))
    await run(contract, CLEAR)
    await run(contract, DELETE)

    assert {"my_photo_collection", "my_other_photos"} <= set(names)
    assert config == {"vector_size": 768, "distance": "Euclid"}
    assert status["status"] == "completed"
    assert status["result"]["total_processed"] == 2
    assert "my_photo_collection" not in await run(contract, LIST)
    result = report["result"]
    assert (result["total_processed"], result["total_failed"]) == (3, 1)
    assert {file["source"] for file in result["processed_files"]} <= {"batch_ml", "cache"}
    assert set(result["processed_files"][0]["details"]) == {"caption", "full_path"}
    (failed,) = result["failed_files"]
    assert failed["file"] == str(contract.photos / "unsupported.txt")
    assert (failed["error"], failed["details"]) == ("Skipped non-image file", "File type not supported")
