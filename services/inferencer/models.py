"""The models that records ask for, each with what is known of it."""

from collections.abc import Callable

from services.inferencer.batching import Batching


class Models:
    """A Batching for each model: the one in use, and those that collections were given by name.

    The named ones are made when a record first asks for them; nothing watches them while none does.
    """

    def __init__(self, in_use: Batching, named: Callable[[str], Batching] | None = None) -> None:
        """`named` makes the others; None: there are no others, whatever is asked for."""
        self._in_use = in_use
        self._make = named
        self._named: dict[str, Batching] = {}
        self._working: set[str] = set()

    @property
    def waiting(self) -> str | None:
        """Why images wait for a model, or None while they do not."""
        named = (self._named[name].waiting for name in self._working)
        return next(filter(None, named), None) or self._in_use.waiting

    def of(self, name: str | None) -> Batching:
        """The model of that name; None: the one in use."""
        if name is None or self._make is None:
            return self._in_use
        if name not in self._named:
            self._named[name] = self._make(name)
        self._working.add(name)
        return self._named[name]
