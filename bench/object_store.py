"""`python -m bench.object_store FOLDER`: sends the folder's files out of memory; prints its port."""

import asyncio
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path

_HEAD = 'HTTP/1.1 {status}\r\nContent-Length: {size}\r\nETag: "{tag}"\r\nLast-Modified: {date}\r\n\r\n'
_DATE = "Tue, 15 Nov 1994 12:45:26 GMT"


async def main(files: Mapping[str, bytes]) -> None:
    """Serve until killed."""
    tags = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                line = await reader.readuntil(b"\r\n\r\n")
                name = line.split(b" ")[1].decode().rpartition("/")[2]
                data, status = files.get(name, b""), "200 OK" if name in files else "404 Not Found"
                head = _HEAD.format(status=status, size=len(data), tag=tags.get(name, ""), date=_DATE)
                writer.write(head.encode())
                writer.write(data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(
        main({file.name: file.read_bytes() for file in Path(sys.argv[1]).iterdir() if file.is_file()})
    )
