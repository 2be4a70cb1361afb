# Made of sluice/aio/collections.py by `python -m scripts.sync_client`: change that.
"""Collections: making, selecting, looking at, merging and removing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sluice import wire
from sluice.models import collections as body
from sluice.models.duplicates import TaskTaken
from sluice.models.system import Capabilities
from sluice.sync.http import Http
from sluice.sync.tasks import Task

FIRST = "photos"
"What the first photos go into where no collection is selected."


@dataclass(frozen=True, slots=True)
class Collections:
    """All collections of a gateway."""

    http: Http

    def names(self) -> list[str]:
        """The names of all."""
        return self.http.get("/collections", list[str])

    def active(self) -> str | None:
        """The one that requests without a collection go to; None while none is selected."""
        return self.http.get("/capabilities", Capabilities).active_collection

    def all(self) -> body.Collections:
        """All, and which of them is the active one."""
        return body.Collections(self.names(), self.active())

    def create(
        self, name: str, *, vector_size: int | None = None, distance: body.Distance | None = None
    ) -> None:
        """Make an empty one; vector size and distance as the gateway has them unless given."""
        sent = {"collection_name": name, "vector_size": vector_size, "distance": distance}
        self.http.call("POST", "/collections", Any, json=wire.given(sent))

    def select(self, name: str) -> None:
        """Make it the one that requests without a collection go to."""
        self.http.call("POST", "/collections/select", Any, json={"collection_name": name})

    def ensure_active(self, name: str = FIRST) -> bool:
        """Make and select `name` where no collection is selected, for the first photos; whether it did."""
        found = self.all()
        if found.active is not None:
            return False
        if name not in found.collections:
            self.create(name)
        self.select(name)
        return True

    def info(self, name: str) -> body.CollectionInfo:
        """Its shape and counts; SluiceError collection_not_found."""
        return self.http.get(f"/collections/{wire.segment(name)}/info", body.CollectionInfo)

    def delete(self, name: str) -> None:
        """Remove it with its points. Files on disk stay."""
        self.http.call("DELETE", f"/collections/{wire.segment(name)}", Any)

    def model(self, name: str) -> body.CollectionModel:
        """Which model it is searched by, what is being filled for it, and what it held before."""
        return self.http.get(f"/collections/{wire.segment(name)}/model", body.CollectionModel)

    def change_model(self, name: str, model: str) -> body.ModelTaken:
        """Have its files embedded by another model, next to what is searched; then searches go there."""
        path = f"/collections/{wire.segment(name)}/model"
        return self.http.call("POST", path, body.ModelTaken, json={"model": model})

    def switch_model(self, name: str, to: body.OtherModel) -> body.CollectionModel:
        """Search in what was before, or in what was filled although files failed."""
        path = f"/collections/{wire.segment(name)}/model/{to}/switch"
        return self.http.call("POST", path, body.CollectionModel)

    def drop_model(self, name: str, what: body.OtherModel) -> None:
        """Drop what was filled, or what was before; never what is searched."""
        self.http.call("DELETE", f"/collections/{wire.segment(name)}/model/{what}", Any)

    def clear_cache(self) -> body.CacheCleared:
        """Have the next ingest process the active one's photos again."""
        return self.http.call("POST", "/collections/cache/clear", body.CacheCleared)

    def merge(self, destination: str, sources: Sequence[str]) -> Task:
        """Add the points of `sources` to `destination`; nothing is removed anywhere."""
        sent = {"dest_collection": destination, "source_collections": list(sources)}
        taken = self.http.call("POST", "/collections/merge", TaskTaken, json=sent)
        return Task(self.http, taken.task_id)

    def from_selection(self, name: str, source: str, point_ids: Sequence[str]) -> body.Selected:
        """Make one of some points of another."""
        sent = {"new_collection_name": name, "source_collection": source, "point_ids": list(point_ids)}
        return self.http.call("POST", "/collections/from_selection", body.Selected, json=sent)
