"""Server-sent events of the gateway, as they come over one connection."""

from collections.abc import AsyncIterable, AsyncIterator

from msgspec import Struct


class Event(Struct, frozen=True):
    """One event; `id` names the place after it, where a later connection goes on. No data: a sign of life."""

    id: str = ""
    data: str = ""


async def parsed(lines: AsyncIterable[str]) -> AsyncIterator[Event]:
    """The events in the lines of a stream (WHATWG HTML, 9.2.6), as far as the gateway uses them."""
    fields: dict[str, str] = {}
    async for line in lines:
        if not line:
            yield Event(fields.get("id", ""), fields.get("data", ""))
            fields = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        fields[name] = f"{fields['data']}\n{value}" if name == "data" and "data" in fields else value
