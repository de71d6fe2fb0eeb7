"""A proxy before an S3 that does, to requests of a kind, what networks and overloaded servers do.

Each connection carries one request: the proxy adds `Connection: close`, which nobody signs.
"""

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
PIECE = 16384


@dataclass
class Fault:
    """What happens to the next `times` requests of a kind, behind `after` bytes."""

    kind: str
    what: str
    after: int = 0
    times: int = 1


def kind_of(head):
    """GET, HEAD, LIST, PUT, COPY, PART, CREATE, COMPLETE, ABORT, DELETE, as S3 names its operations."""
    line, _, headers = head.partition(b"\r\n")
    method, target = (part.decode() for part in line.split(b" ")[:2])
    query = target.partition("?")[2]
    if method == "GET" and ("list-type" in query or "versions" in query):
        return "LIST"
    if b"x-amz-copy-source:" in headers.lower():
        return "COPY"
    by_query = {"PUT": "partNumber", "POST": "uploadId", "DELETE": "uploadId"}
    if by_query.get(method, "?") in query:
        return {"PUT": "PART", "POST": "COMPLETE", "DELETE": "ABORT"}[method]
    return "CREATE" if method == "POST" else method


class FaultProxy:
    """Listens on a loopback port of its own, in a thread of its own."""

    def __init__(self, port):
        self.upstream = port
        self.faults = []
        self.met = []
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()
        self.url = f"http://127.0.0.1:{self.port}"

    def meet(self, *faults):
        """From now on these faults, and no others."""
        self.faults, self.met = list(faults), []

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    def _next(self, kind):
        for fault in self.faults:
            if fault.kind == kind and fault.times > 0:
                fault.times -= 1
                self.met.append(fault)
                return fault
        return None

    async def _serve(self, reader, writer):
        upstream = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            fault = self._next(kind_of(head))
            what = fault.what if fault else ""
            if what == "busy":
                answer = b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
                writer.write(answer + b"Content-Length: %d\r\n\r\n" % len(SLOW_DOWN) + SLOW_DOWN)
                await writer.drain()
                return
            if what == "hang":
                await asyncio.sleep(40)
                return
            back, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
            upstream.write(head[:-2] + b"Connection: close\r\n\r\n")
            sending = asyncio.ensure_future(self._send(reader, upstream, writer, fault))
            try:
                await self._answer(back, writer, fault)
            finally:
                sending.cancel()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reset(writer)
        finally:
            for side in (writer, upstream):
                if side is not None:
                    side.close()

    async def _send(self, reader, upstream, writer, fault):
        sent = 0
        while piece := await reader.read(PIECE):
            if fault and fault.what == "reset_request" and sent + len(piece) > fault.after:
                reset(writer)
                reset(upstream)
                return
            upstream.write(piece)
            await upstream.drain()
            sent += len(piece)

    async def _answer(self, back, writer, fault):
        what, left = (fault.what, fault.after) if fault else ("", 0)
        while piece := await back.read(PIECE):
            if what in ("reset_answer", "truncate") and len(piece) >= left:
                writer.write(piece[:left])
                await writer.drain()
                if what == "reset_answer":
                    reset(writer)
                return
            left -= len(piece)
            writer.write(piece)
            await writer.drain()
            if what == "slow":
                await asyncio.sleep(0.002)


def reset(writer):
    """RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
