"""What a server is told of a job's end: a CloudEvent, signed as Standard Webhooks has it. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from libs.common.events import JobSnapshot
from services.gateway.api.clock import utc
from services.gateway.jobs.records import job_snapshot
from services.gateway.view.fold import Job


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A job's end or its refusal, in CloudEvents 1.0's structured mode. `data` is the job's last snapshot."""

    specversion: str = "1.0"
    id: str
    source: str = "/sluice/jobs"
    type: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    data: JobSnapshot


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; the same `id` for each try, and for each replica that tries."""

    id: str
    body: bytes

    @classmethod
    def of(cls, job: Job) -> "Message":
        """The end of this job, or that its request was refused."""
        event_id, ended = f"{job.job_id}-{job.callback_of}", utc(job.finished_at or job.updated_at)
        data = msgspec.structs.replace(job_snapshot(job), callback=None, updated_at=ended)
        kind, at = f"sluice.job.{job.callback_of}", ended.isoformat()
        event = CloudEvent(id=event_id, type=kind, subject=job.job_id, time=at, data=data)
        return cls(event_id, msgspec.json.encode(event))

    def headers(self, keys: Sequence[bytes], now: int) -> Mapping[str, str]:
        """With the time (seconds since the epoch) and a signature by each of the keys."""
        signed = f"{self.id}.{now}.".encode() + self.body
        return {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": self.id,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(_signature(key, signed) for key in keys),
        }


def _signature(key: bytes, signed: bytes) -> str:
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
