"""moto's S3 server in a process of its own: `python -m tests.support.s3_server PORT`.

A line `BUCKET COUNT` on standard input makes a bucket of so many objects, without a request for each.
"""

import logging
import sys

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

ACCOUNT = "123456789012"


def main() -> None:
    """Serve until standard input ends."""
    logging.getLogger("werkzeug").disabled = True
    ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False).start()
    print("ready", flush=True)
    for line in sys.stdin:
        bucket, count = line.split()
        fill(bucket, int(count))
        print("filled", flush=True)


def fill(bucket: str, count: int) -> None:
    """Objects in folders of a thousand."""
    backend = s3_backends[ACCOUNT]["aws"]
    backend.create_bucket(bucket, "us-east-1")
    for number in range(count):
        backend.put_object(bucket, f"{number // 1000:03}/{number:06}.jpg", b"x")


if __name__ == "__main__":
    main()
