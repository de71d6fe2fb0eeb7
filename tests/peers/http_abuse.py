"""Abuses of HTTP and OData before the running service: no 5xx but 501, no hang, no smuggled answer.

Starts the sandbox, sends each abuse over a connection of its own, and asks something honest after
each family. `--service URL --token T` judges a service that runs already.
"""

import argparse
import re
import socket
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judges.http_abuses import HEAD, abuses
from ci.judging import Cases, end_children, get, leave_on_sigterm

LONGEST = 10.0
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def talk(port, data, longest=LONGEST):
    """Everything that comes back until the connection ends, and how long that took."""
    began, answer = time.monotonic(), b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=longest) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before everything was sent
            while chunk := connection.recv(65536):
                answer += chunk
                if time.monotonic() - began > longest:
                    return None, longest
    except TimeoutError:
        return None, longest
    except OSError:
        pass  # reset: the connection is closed, which is an answer too
    return answer, time.monotonic() - began


def fault(answer):
    """What is wrong with an answer, or nothing."""
    if answer is None:
        return "it hung"
    statuses = [int(status) for status in STATUS.findall(answer)]
    bad = [status for status in statuses if status >= 500 and status != 501]
    if bad:
        return f"status {bad}"
    head, _, body = answer.partition(b"\r\n\r\n")
    head = head.lower()
    if b"\nserver:" in head or b"\nx-powered-by:" in head or b"\naccess-control-" in head:
        return f"a header that should not be there: {head[:300]}"
    if b"<html" in body.lower() or b"panicked" in body:
        return f"no error of ours: {body[:200]}"
    if statuses and statuses[0] >= 400 and body and not body.lstrip().startswith(b"{") and b"content-length: 0" not in head:
        return f"no JSON: {body[:200]}"
    if b'"status":"up"' in body.lower() and len(statuses) > 1:
        return "a smuggled request was answered"
    return None


def judge(cases, port, token):
    filled = {}
    for family, name, data in abuses():
        filled.setdefault(family, []).append((name, data.replace(b"{token}", token.encode())))
    count = 0
    for family, requests in filled.items():
        count += len(requests)
        found, slowest, work = [], [0.0], list(requests)

        def worker():
            while work:
                try:
                    name, data = work.pop()
                except IndexError:
                    return
                answer, seconds = talk(port, data)
                slowest[0] = max(slowest[0], seconds)
                wrong = fault(answer)
                if wrong:
                    found.append((name, wrong))

        threads = [threading.Thread(target=worker) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, wrong in found[:20]:
            cases.check(f"{family}: {name}", False, wrong)
        cases.check(f"{family}: {len(requests)} abuses, the slowest {slowest[0]:.2f} s", not found, len(found))
        honest = get(f"http://127.0.0.1:{port}/catalog/Buckets?$top=1", token)
        cases.check(f"{family}: the service answers afterwards", honest.status == 200, honest)
    cases.check(f"{count} abuses were tried", count >= 800, count)


def slow(cases, port, token):
    """Clients that send or read too slowly are cut off, and hinder nobody."""
    head = HEAD.replace(b"{token}", token.encode())
    body = b"POST /catalog/$batch HTTP/1.1\r\n" + head + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    chunked = body.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked").replace(b"\r\n\r\n{", b"\r\n\r\n200\r\n{")
    ended = {}

    def waits(name, data, longest):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=longest) as connection:
            connection.sendall(data)
            try:
                while connection.recv(65536):
                    pass
                ended[name] = time.monotonic() - began
            except OSError as error:
                ended[name] = time.monotonic() - began if "reset" in str(error).lower() else None

    half = b"GET /catalog/ HTTP/1.1\r\nHost: x\r\nX-Slow: "
    threads = [
        threading.Thread(target=waits, args=("half a head", half, 30)),
        threading.Thread(target=waits, args=("half a body", body, 30)),
        threading.Thread(target=waits, args=("half a chunk", chunked, 30)),
        threading.Thread(target=waits, args=("half a chunk without a token", chunked.replace(b"Bearer", b"Nobody"), 30)),
        threading.Thread(target=waits, args=("a body nobody reads", body.replace(b"$batch", b"Buckets").replace(b"POST", b"GET"), 30)),
    ]
    readers = [deaf_reader(port, head) for _ in range(20)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        honest = get(f"http://127.0.0.1:{port}/catalog/Buckets?$top=1", token, timeout=5)
        cases.check("others are served meanwhile", honest.status == 200, honest)
        time.sleep(0.5)
    for thread in threads:
        thread.join()
    for name, seconds in ended.items():
        cases.check(f"{name} is cut off after {seconds or 0:.0f} s", seconds is not None and seconds <= 15, seconds)
    time.sleep(20)
    cut = sum(was_cut(reader) for reader in readers)
    cases.check(f"{cut} of {len(readers)} readers that read nothing were cut off", cut == len(readers), cut)


def deaf_reader(port, head):
    """Asks for much and reads nothing of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    data = b"GET /catalog/$openapi HTTP/1.1\r\n" + head + b"\r\n"
    try:
        for _ in range(2000):
            connection.send(data)
    except OSError:
        pass  # nothing more goes into the buffers
    return connection


def was_cut(connection):
    """Whether the other side has given the connection up."""
    with connection:
        connection.settimeout(5)
        try:
            while connection.recv(1 << 20):
                pass
            return True
        except ConnectionResetError:
            return True
        except OSError:
            return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service")
    parser.add_argument("--token")
    options = parser.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="abuse-") as folder:
        try:
            service, token = options.service, options.token
            if not service:
                from tests.peers.sandbox_peer import start

                _, ready = start("credential-store", Path(folder))
                service, token = ready["service"], ready["token"]["bob"]
            port = urllib.parse.urlsplit(service).port
            judge(cases, port, token)
            slow(cases, port, token)
        finally:
            end_children()
    cases.finish()


if __name__ == "__main__":
    main()
