import inspect
from collections.abc import Iterator
from typing import get_type_hints

from fastapi.routing import APIRoute

from services.gateway.app import create_app
from services.gateway.gateway import Gateway


def _requested() -> Iterator[tuple[str, type]]:
    """Each endpoint and the types of the capabilities that it takes."""
    for included in create_app().routes:
        for route in getattr(getattr(included, "original_router", None), "routes", ()):
            assert isinstance(route, APIRoute)
            for dependency in route.dependant.dependencies:
                kind = inspect.getclosurevars(dependency.call).nonlocals.get("kind")  # type: ignore[arg-type]
                if kind is not None:
                    yield f"{route.endpoint.__module__}.{route.name}", kind


def test_the_gateway_has_each_capability_that_an_endpoint_takes_once() -> None:
    held = list(get_type_hints(Gateway).values())
    requested = list(_requested())

    assert len(requested) > 30
    assert [(name, kind) for name, kind in requested if held.count(kind) != 1] == []


def test_no_request_waits_for_a_thread_to_have_its_dependencies() -> None:
    routes = [
        route
        for included in create_app().routes
        for route in getattr(getattr(included, "original_router", None), "routes", ())
    ]
    calls = {each.call for route in routes for each in route.dependant.dependencies}

    assert len(calls) > 20
    assert [call for call in calls if not inspect.iscoroutinefunction(call)] == []


def test_no_endpoint_takes_more_than_two_capabilities() -> None:
    names = [name for name, _ in set(_requested())]

    assert max(names.count(name) for name in names) <= 2
