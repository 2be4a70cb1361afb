"""Whether a JSON Schema has changed in a way that breaks programs made for the one before.

Covers what msgspec writes: objects, arrays, scalars, enums, constants, unions, references. A value may get
more possibilities (a further enum value, type or event: readers are told to expect that), never fewer.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "format", "contentEncoding")
PATTERNS = {
    "uuid": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "duration": "^[-+]?[Pp][0-9WwDdTtHhMmSs.,]+$",
}
"""What these formats mean, for validators that know no formats."""


def changes(old: Schema, new: Schema) -> list[str]:
    """The breaking changes from `old` to `new`, each as a place and what happened there."""
    return sorted(set(_Comparison(old, new).between(old, new, "")))


class _Comparison:
    """Two documents, each with the definitions that its references mean."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._seen: set[str] = set()

    def between(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        """The breaking changes of the value at `place`."""
        reference = old.get("$ref")
        if reference is not None:
            if (visit := f"{reference} {new.get('$ref')}") in self._seen:
                return
            self._seen.add(visit)
        olds, news = _options(old, self._old), _options(new, self._new)
        for kind, was in olds.items():
            now = news.get(kind)
            if now is None and kind == "integer":
                now = news.get("number")
            if now is None:
                if _ANY not in news:
                    yield f"{place or 'the body'} may no longer be {kind}"
            else:
                yield from self._same_kind(was, now, place)

    def _same_kind(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        yield from _narrowed(old, new, place)
        yield from self._fields(old, new, place)
        for part, suffix in (("items", "[]"), ("additionalProperties", ".*")):
            if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
                yield from self.between(old[part], new[part], f"{place}{suffix}")
        if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
            yield f"{place or 'the body'} no longer takes unknown fields"

    def _fields(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        olds, news = old.get("properties", {}), new.get("properties", {})
        were, are = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(are - were):
            yield f"{_field(place, name)} is required now"
        for name in sorted((were - are) & news.keys()):
            yield f"{_field(place, name)} may be missing now"
        for name, was in olds.items():
            if name not in news:
                yield f"{_field(place, name)} is gone"
            else:
                if was.get("default") != news[name].get("default") and "default" in was:
                    yield f"{_field(place, name)} has another default"
                yield from self.between(was, news[name], _field(place, name))


_ANY = "anything"


def _options(schema: Schema, document: Schema) -> Mapping[str, Schema]:
    """The kinds of value that a schema takes, each with what else it says of them."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _options(document["$defs"][name], document)
    if "anyOf" in schema:
        found: dict[str, Schema] = {}
        for option in schema["anyOf"]:
            found |= _options(option, document)
        return found
    return {_kind(schema): schema}


def _kind(schema: Schema) -> str:
    tag = schema.get("properties", {}).get("event", {}).get("enum")
    if tag is not None:
        return f"the event {tag[0]}"
    if "enum" in schema:
        return "string" if all(isinstance(value, str) for value in schema["enum"]) else "enum"
    return str(schema.get("type", _ANY))


def _narrowed(old: Schema, new: Schema, place: str) -> Iterator[str]:
    where = place or "the body"
    if "enum" in new:
        gone = [value for value in old.get("enum", ()) if value not in new["enum"]]
        if "enum" not in old:
            yield f"{where} takes only certain values now"
        for value in gone:
            yield f"{where} may no longer be {value!r}"
    for rule, sign in ((rule, 1) for rule in _LEAST):
        yield from _tighter(rule, sign, old, new, where)
    for rule, sign in ((rule, -1) for rule in _MOST):
        yield from _tighter(rule, sign, old, new, where)
    for rule in _EXACT:
        as_before = "format" in old and new.get(rule) == PATTERNS.get(old["format"])
        if rule in new and new[rule] != old.get(rule) and not as_before:
            yield f"{where} has another {rule}"


def _tighter(rule: str, sign: int, old: Schema, new: Schema, where: str) -> Iterator[str]:
    if rule in new and (rule not in old or sign * new[rule] > sign * old[rule]):
        yield f"{where} has a tighter {rule}"


def _field(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
