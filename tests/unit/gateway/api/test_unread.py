"""Fields of a body that no one reads are named in the answer."""

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from services.gateway.api.unread import ReadFields


class Requested(BaseModel):
    path: str


router = APIRouter(route_class=ReadFields)


@router.post("/one")
async def one(requested: Requested) -> dict[str, str]:
    return {"path": requested.path}


@router.post("/optional")
async def optional(requested: Requested | None = None) -> dict[str, str]:
    return {"path": "" if requested is None else requested.path}


@router.post("/list")
async def listed(requested: Requested) -> list[str]:
    return [requested.path]


app = FastAPI()
app.include_router(router, prefix="/api")
client = TestClient(app)


def test_what_no_one_reads_is_named() -> None:
    answer = client.post("/api/one", json={"path": "/p", "excluded": ["*.png"], "b": 1})
    assert answer.json() == {"path": "/p", "ignored_fields": ["b", "excluded"]}


def test_an_answer_to_what_is_read_as_a_whole_stays_as_it_is() -> None:
    assert client.post("/api/one", json={"path": "/p"}).json() == {"path": "/p"}


def test_a_body_that_may_be_left_out_is_looked_at_too() -> None:
    assert client.post("/api/optional").json() == {"path": ""}
    assert client.post("/api/optional", json={"path": "a", "x": 1}).json()["ignored_fields"] == ["x"]


def test_an_answer_that_is_a_list_stays_one() -> None:
    assert client.post("/api/list", json={"path": "a", "x": 1}).json() == ["a"]
