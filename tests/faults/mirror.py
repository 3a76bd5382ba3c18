"""A real HTTP server on loopback that serves a folder, well or badly."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PATIENCE = 8  # seconds after which a server that misbehaves breaks off, so that no test can hang


class Mirror:
    """Serves the files of a folder until the `with` block ends.

    Args:
        folder: what is served.
        fault: called instead of the normal answer with the handler and the file's bytes.
        only: names of the files that the fault concerns; None is all.

    Attributes:
        url: of the folder.
        asked: (file name, value of the Range header or None) of each request, in order.
        sent: bytes of content sent, over all requests.
        released: set when the server stops; a fault that holds a connection waits for it.
    """

    def __init__(self, folder: Path, fault=None, only=None):
        self.folder, self.fault, self.only = folder, fault, only
        self.asked, self.sent, self.released = [], 0, threading.Event()
        mirror = self

        class Handler(_Handler):
            pass

        Handler.mirror = mirror
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/folder/"

    def __enter__(self) -> Mirror:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    mirror: Mirror

    def do_GET(self):
        name, wanted = self.path.rsplit("/", 1)[1], self.headers.get("Range")
        self.mirror.asked.append((name, wanted))
        content = (self.mirror.folder / name).read_bytes()
        serve = self.mirror.fault if self.mirror.only in (None, [name]) else None
        try:
            (serve or with_ranges)(self, content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def head(self, status, length, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def send(self, content):
        self.wfile.write(content)
        self.mirror.sent += len(content)

    def start(self) -> int:
        return int(re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[1])

    def log_message(self, *_):
        pass


def with_ranges(handler, content):
    """What a good server does."""
    start = handler.start()
    if start >= len(content):
        return handler.head(416, 0)
    if start:
        where = f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.head(206, len(content) - start, Content_Range=where)
    else:
        handler.head(200, len(content))
    handler.send(content[start:])


def without_ranges(handler, content):
    """Answers 200 with everything whatever was asked for."""
    handler.head(200, len(content))
    handler.send(content)


def refusing_ranges(handler, content):
    """Answers 416 to any range."""
    if handler.start():
        return handler.head(416, 0)
    without_ranges(handler, content)


def other_range(handler, content):
    """Answers a request for a range with another one."""
    if not handler.start():
        return without_ranges(handler, content)
    handler.head(206, len(content), Content_Range=f"bytes 0-{len(content) - 1}/{len(content)}")
    handler.send(content)


def without_length(handler, content):
    """Says nothing of the length and closes the connection at the end."""
    handler.head(200, None)
    handler.send(content)


def as_encoding(handler, content):
    """Calls gzip the encoding of the transfer, as some servers do with a name ending in .gz."""
    handler.head(200, len(content), Content_Encoding="gzip")
    handler.send(content)


def not_found(handler, content):
    handler.head(404, 3)
    handler.send(b"no\n")


def wrong_bytes(handler, content):
    middle = len(content) // 2
    changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    with_ranges(handler, changed)


def page_of_a_portal(handler, content):
    page = b"<html>\n<body>Please\nlog in</body></html>"
    handler.head(200, len(page))
    handler.send(page)


def silence(handler, content):
    handler.mirror.released.wait(PATIENCE)


def stall(handler, content):
    """Sends half and then nothing."""
    handler.head(200, len(content))
    handler.send(content[: len(content) // 2])
    handler.mirror.released.wait(PATIENCE)


def drip(handler, content):
    """Sends a byte now and then, never silent for long."""
    handler.head(200, len(content))
    for position in range(int(PATIENCE / 0.02)):
        handler.send(content[position : position + 1])
        if handler.mirror.released.wait(0.02):
            return


def cut(handler, content):
    """Breaks off half way."""
    handler.head(200, len(content))
    handler.send(content[: len(content) // 2])
    handler.close_connection = True


def endless(handler, content):
    """Goes on with zeros, which gzip takes for harmless padding; as good as for ever, at 64 MB."""
    handler.head(200, None)
    handler.send(content)
    for _ in range(1 << 10):
        handler.send(bytes(1 << 16))
