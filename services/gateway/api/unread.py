"""Answers that name the fields of their request's body which no one reads: `ignored_fields`."""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import Request, Response
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel

FIELD = "ignored_fields"

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class ReadFields(APIRoute):
    """A route that adds `ignored_fields` to an answer which is an object, where there are any.

    So a misspelt option, or one of a later release, does not go unnoticed.
    """

    def get_route_handler(self) -> Endpoint:
        """FastAPI's own, and the fields added to what it answers."""
        answer = super().get_route_handler()
        known = self._known()

        async def answered(request: Request) -> Response:
            response = await answer(request)
            unread = [] if known is None else _unread(await request.body(), known)
            return _naming(response, unread) if unread and response.status_code < 300 else response

        return answered

    def _known(self) -> frozenset[str] | None:
        """The names of the fields of the body; None where it is no object of declared fields."""
        field = self.body_field
        # A form is read once, in pieces: its body is not there any more.
        is_form = field is None or isinstance(field.field_info, Form)
        model = None if field is None or is_form else _model(field.field_info.annotation)
        return None if model is None else frozenset(model.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model of a body, which may be left out."""
    choices = getattr(annotation, "__args__", (annotation,))
    models = [each for each in choices if isinstance(each, type) and issubclass(each, BaseModel)]
    return models[0] if len(models) == 1 else None


def _unread(body: bytes, known: frozenset[str]) -> list[str]:
    try:
        given = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    return sorted(given.keys() - known) if isinstance(given, dict) else []


def _naming(response: Response, fields: list[str]) -> Response:
    """The response with the fields in its body."""
    answer = msgspec.json.decode(response.body)
    if not isinstance(answer, dict):
        return response
    response.body = msgspec.json.encode(answer | {FIELD: fields})
    response.headers["content-length"] = str(len(response.body))
    return response
