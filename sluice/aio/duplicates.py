"""Duplicates: finding, reviewing, deciding on and archiving them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sluice import wire
from sluice.aio.http import AsyncHttp
from sluice.aio.tasks import AsyncTask, named
from sluice.choosing import chosen
from sluice.errors import Code
from sluice.models import duplicates as body

Likeness = Literal["keeper", "strict", "similar"]
Order = Literal["space", "likeness"]


@dataclass(frozen=True, slots=True)
class AsyncDuplicates:
    """Duplicates of the active collection."""

    http: AsyncHttp

    async def find(
        self, *, threshold: float | None = None, mode: Likeness = "keeper", protect: Sequence[str] = ()
    ) -> AsyncTask:
        """Look for near-duplicates, as a task whose groups `report` gives.

        Threshold None: that from which the collection's model takes two photos for duplicates.
        """
        sent = {"threshold": threshold, "mode": mode, "protect": list(protect)}
        taken = await self.http.call("POST", "/duplicates/find-similar", body.TaskTaken, json=sent)
        return AsyncTask(self.http, taken.task_id)

    async def task(self, name: str) -> AsyncTask:
        """The search that is named by its id, by the first characters of it, or by `latest`."""
        return await named(self.http, "find_similar", name)

    async def groups(
        self,
        task_id: str,
        *,
        sort: Order | None = None,
        below: str | None = None,
        decided: bool = False,
        protect: Sequence[str] = (),
        page: int = 200,
    ) -> AsyncIterator[body.Group]:
        """The groups that a search found, as the index has them now."""
        params = {"sort": sort, "below": below, "decided": decided or None, "protect": list(protect) or None}
        cursor = None
        while True:
            found = await self.report(task_id, cursor=cursor, limit=page, **params)
            for group in found.results:
                yield group
            cursor = found.next
            if cursor is None:
                return

    async def report(
        self, task_id: str, *, cursor: str | None = None, limit: int = 50, **shown: Any
    ) -> body.Report:
        """How far a search is, and a page of its groups; `shown`: sort, below, decided, protect."""
        path = f"/duplicates/report/{wire.segment(task_id)}"
        return await self.http.get(path, body.Report, cursor=cursor, limit=limit, **shown)

    async def exact(self) -> AsyncIterator[body.ExactGroup]:
        """Files of the same content."""
        cursor = None
        while True:
            found = await self.exact_page(cursor=cursor)
            for group in found.groups:
                yield group
            cursor = found.next
            if cursor is None:
                return

    async def exact_page(self, *, cursor: str | None = None) -> body.ExactPage:
        """A page of files of the same content."""
        return await self.http.get("/duplicates/exact", body.ExactPage, cursor=cursor)

    async def decide(self, hashes: Sequence[str]) -> body.Decision:
        """Say that these contents are no duplicates of each other; of one content: its files."""
        sent = {"hashes": list(hashes), "decision": "keep_all"}
        return await self.http.call("POST", "/duplicates/decisions", body.Decision, json=sent)

    async def decisions(self) -> list[body.Decision]:
        """What was decided, the newest first."""
        return await self.http.get("/duplicates/decisions", list[body.Decision])

    async def undecide(self, decision_id: str) -> body.Decision:
        """Undo a decision."""
        path = f"/duplicates/decisions/{wire.segment(decision_id)}"
        return await self.http.call("DELETE", path, body.Decision)

    async def archive(
        self, paths: Sequence[str], *, protect: Sequence[str] = (), dry_run: bool = False
    ) -> body.Archive:
        """Move exact copies into `_VibeDuplicates` next to them; the last one of a content stays."""
        sent = {"file_paths": list(paths), "protect": list(protect), "dry_run": dry_run}
        return await self.http.call("POST", "/duplicates/archive-exact", body.Archive, json=sent)

    async def archive_selection(self, point_ids: Sequence[str], *, dry_run: bool = False) -> body.Archive:
        """Move chosen points' files into `_VibeArchive` next to them, after a snapshot of the points."""
        sent = {"point_ids": list(point_ids), "dry_run": dry_run}
        return await self.http.call("POST", "/curation/archive-selection", body.Archive, json=sent)

    async def archive_of_job(self, job_id: str, *, dry_run: bool = False) -> body.ArchivePlan:
        """Move the copies that a job found, in the background."""
        path = f"/ingest/archive_duplicates/{wire.segment(job_id)}"
        return await self.http.call("POST", path, body.ArchivePlan, json={"dry_run": dry_run})

    async def archive_by_rule(
        self,
        task_id: str,
        keep_below: str,
        *,
        alike: bool = False,
        below: str | None = None,
        protect: Sequence[str] = (),
        dry_run: bool = False,
        timeout_s: float = 600.0,
    ) -> body.ArchivePlan:
        """In each group that a search found keep what lies below a folder, and move the rest.

        Moves what has the same content or the same pixels as what is kept; `alike`: what is only alike, too.
        """
        path = f"/duplicates/report/{wire.segment(task_id)}/archive"
        sent = {
            "keep_below": keep_below, "alike": alike, "below": below, "protect": list(protect),
            "dry_run": dry_run,
        }  # fmt: skip
        return await self.http.call("POST", path, body.ArchivePlan, json=sent, timeout=timeout_s)

    async def archives(self) -> AsyncIterator[body.ArchiveItem]:
        """What was moved, the newest first."""
        cursor = None
        while True:
            found = await self.archive_page(cursor=cursor)
            for item in found.items:
                yield item
            cursor = found.next
            if cursor is None:
                return

    async def archive_page(self, *, cursor: str | None = None) -> body.ArchivePage:
        """A page of what was moved, the newest first."""
        return await self.http.get("/archives", body.ArchivePage, cursor=cursor)

    async def find_archive(self, name: str) -> str:
        """The id of the archive that is named by it, by its first characters, or by `latest`.

        Raises SluiceError archive_not_found where no recent one, or more than one, is meant.
        """
        known = await self.archive_page()
        return chosen(name, [item.archive_id for item in known.items], "archive", Code.ARCHIVE_NOT_FOUND)

    async def restore(self, archive_id: str, *, dry_run: bool = False) -> body.Restored:
        """Move an archive's files back to where they were, with their points."""
        path = f"/archives/{wire.segment(archive_id)}/restore"
        return await self.http.call("POST", path, body.Restored, json={"dry_run": dry_run})
