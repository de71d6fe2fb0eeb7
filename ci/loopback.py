"""A small HTTP/1.1 server on 127.0.0.1 for stand-ins: a function from request to reply.

Replies may break the protocol on purpose (reset, cut short), because clients must survive that.
"""

import json
import socket
import struct
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """A request as it arrived; header names are lower case, repeated ones stay apart."""

    method: str
    target: str
    headers: list
    body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]

    def all(self, name):
        return [value for known, value in self.headers if known == name]

    def one(self, name):
        """The header's only value, or None; a repeated header is a ValueError."""
        values = self.all(name)
        if len(values) > 1:
            raise ValueError(f"header {name} is repeated")
        return values[0] if values else None

    def form(self):
        """The body as an HTML form; refuses other types and repeated names."""
        content_type = (self.one("content-type") or "").split(";")[0].strip().lower()
        if content_type != "application/x-www-form-urlencoded":
            raise ValueError(f"content type {content_type!r}")
        pairs = urllib.parse.parse_qsl(
            self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True
        )
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a parameter is repeated")
        return dict(pairs)


@dataclass
class Reply:
    """An answer; `fault` "reset" drops the connection, "truncated" cuts the body short."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    fault: str = ""


def json_reply(status, document, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json", **named})


class Loopback:
    """Serves `answer(request)` until `stop`; `host` is the name in `url`."""

    def __init__(self, answer, port=0, host="127.0.0.1"):
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self._server.answer = answer
        self.port = self._server.server_address[1]
        self.host = f"{host}:{self.port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stand-in"

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        reply = self.server.answer(Request(self.command, self.path, headers, body))
        if reply.fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            # close both files first, else the socket stays open
            self.rfile.close()
            self.connection.close()
            return
        self.send_response_only(reply.status)
        if "Date" not in reply.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.fault == "truncated":
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass  # the connection was reset on purpose, or the client left

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError):
            pass  # as above

    def log_message(self, *_):
        pass
