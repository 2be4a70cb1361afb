"""What the children in these tests run: it answers each body with the same body."""

import os
import sys
import time

from libs.common.children.serving import confined, serve


def answer(body: bytes) -> bytes:
    if body == b"exit":
        os._exit(3)
    if body == b"wait":
        time.sleep(600)
    if body == b"compute":
        while True:
            pass
    if body == b"half a second":
        until = time.process_time() + 0.5
        while time.process_time() < until:
            pass
    return body


if __name__ == "__main__":
    serve(confined(sys.argv), answer)
