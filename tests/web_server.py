"""A web server on 127.0.0.1 that answers as it is told, well or badly."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Say = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int = 200, body: bytes = b"", cut: int | None = None, **headers: str) -> Say:
    """One answer. `cut`: the connection closes after so many bytes of the body."""

    def say(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(body[:cut])

    return say


def file(body: bytes, etag: str = '"one"', modified: str | None = None) -> Say:
    """A file as a good server has it: versions and ranges are known."""
    version = {"ETag": etag} | ({"Last_Modified": modified} if modified else {})

    def say(to: BaseHTTPRequestHandler) -> None:
        asked = to.headers
        if asked["If-None-Match"] == etag:
            answer(304, **version)(to)
        elif asked["Range"] and asked["If-Range"] in (etag, modified):
            first = int(asked["Range"].removeprefix("bytes=").removesuffix("-"))
            if first >= len(body):
                answer(416, Content_Range=f"bytes */{len(body)}")(to)
            else:
                span = f"bytes {first}-{len(body) - 1}/{len(body)}"
                answer(206, body[first:], Content_Range=span, **version)(to)
        else:
            answer(200, body, **version)(to)

    return say


def endless(to: BaseHTTPRequestHandler) -> None:
    """Without end for whoever keeps a limit; the disk of whoever does not is spared."""
    to.send_response(200)
    to.end_headers()
    try:
        for _ in range(1000):
            to.wfile.write(b"time_period,geographic_level\n" * 1000)
    except OSError:
        pass


def half_a_chunk(start: bytes) -> Say:
    """A body without a length that ends in the middle of its second chunk."""

    def say(to: BaseHTTPRequestHandler) -> None:
        to.protocol_version = "HTTP/1.1"
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.send_header("ETag", '"one"')
        to.end_headers()
        to.wfile.write(b"%x\r\n%s\r\n1000\r\n" % (len(start), start))

    return say


def reset(to: BaseHTTPRequestHandler) -> None:
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.connection.close()


@dataclass
class Server:
    """Answers a path with what was told, one after the other; the last is repeated."""

    base: str
    told: dict[str, list[Say]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def tell(self, path: str, *says: Say) -> str:
        self.told[path] = list(says)
        return self.base + path

    def silent(self, to: BaseHTTPRequestHandler) -> None:
        """Says nothing until the test ends."""
        self.closing.wait()

    def stall(self, start: bytes) -> Say:
        """Says the beginning of a body, and then nothing more."""

        def say(to: BaseHTTPRequestHandler) -> None:
            answer(200, start, Content_Length="1000000", ETag='"one"')(to)
            to.wfile.flush()
            self.closing.wait()

        return say

    def asked_for(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]


@contextmanager
def serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.path, dict(self.headers.items())))
            told = server.told.get(self.path, [answer(404)])
            say = told.pop(0) if len(told) > 1 else told[0]
            say(self)
            self.close_connection = True

        def do_POST(self) -> None:
            server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a client that goes away, or a connection that was reset, is meant

    http = Quiet(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        thread.join()
        http.server_close()
