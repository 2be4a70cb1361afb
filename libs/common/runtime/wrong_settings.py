"""What is wrong with settings, in words for the person who wrote them."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_WORDS: Mapping[str, str] = {
    "int_parsing": "{input!r} is not a whole number",
    "int_type": "{input!r} is not a whole number",
    "int_from_float": "{input!r} is not a whole number",
    "float_parsing": "{input!r} is not a number",
    "float_type": "{input!r} is not a number",
    "bool_parsing": "{input!r} is neither true nor false",
    "greater_than_equal": "{input!r} is too small: use {ge} or more",
    "greater_than": "{input!r} is too small: use more than {gt}",
    "less_than_equal": "{input!r} is too large: use {le} or less",
    "less_than": "{input!r} is too large: use less than {lt}",
    "literal_error": "{input!r} is unknown: use {expected}",
    "enum": "{input!r} is unknown: use {expected}",
    "missing": "it has to be set",
    "string_pattern_mismatch": "it has characters that it may not have, or too many",
}
"""By pydantic's name of the error; only of kinds that no secret is of, since the value is repeated."""


def wrong_settings(error: ValidationError) -> Iterator[tuple[str, str]]:
    """The name of each setting that makes no sense, and why."""
    for problem in error.errors():
        yield ".".join(str(part) for part in problem["loc"]).upper(), _reason(problem)


def _reason(problem: ErrorDetails) -> str:
    words = _WORDS.get(problem["type"])
    if words is None:
        return problem["msg"].removeprefix("Value error, ")
    known: dict[str, Any] = {"input": problem["input"], **problem.get("ctx", {})}
    return words.format(**known)
