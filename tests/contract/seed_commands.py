"""Every command of the seed's document, as it stands there, with host and file names put in place."""

import asyncio
import json
from typing import Any

from tests.contract.conftest import Contract

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
