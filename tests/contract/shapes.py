"""Saying which fields an answer must have, with their types."""

from collections.abc import Mapping
from typing import Any

Shape = Any
"""A type, a tuple of types, [shape] for a list whose items all have it, or {field: shape}."""

NUMBER = (int, float)


def check(value: Any, shape: Shape, at: str = "answer") -> None:
    """Fails, naming the place, where `value` does not have the shape; more fields than asked for are fine."""
    if isinstance(shape, Mapping):
        assert isinstance(value, dict), f"{at} is {value!r}"
        for field, inner in shape.items():
            assert field in value, f"{at} has no {field}"
            check(value[field], inner, f"{at}.{field}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{at} is {value!r}"
        for number, item in enumerate(value):
            check(item, shape[0], f"{at}[{number}]")
    else:
        assert isinstance(value, shape), f"{at} is {value!r}"
        # In Python True is a number, and in JSON it is not.
        assert isinstance(value, bool) <= (shape is bool), f"{at} is {value!r}"
