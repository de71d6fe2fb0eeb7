"""What every judge needs: children that end with us, free ports, and cases that are counted.

Knows nothing about the service. Everything started here is ended by its own process id,
on every way out of the script.
"""

import atexit
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


class Cases:
    """Counts what held and what did not; `finish` prints the line that CI reads."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, holds, seen=None):
        """One case: prints its name, and what was seen when it does not hold."""
        if holds:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}: {seen!r}", flush=True)
        return holds

    def equal(self, name, seen, expected):
        return self.check(name, seen == expected, f"saw {seen!r}, expected {expected!r}")

    @contextlib.contextmanager
    def scene(self, name):
        """A scene that breaks off is one failed case, and the next one still plays."""
        try:
            yield
        except Exception as error:
            self.check(name, False, f"{type(error).__name__}: {error}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


_children = []


def end_children():
    """Ends every child that still runs, the youngest first."""
    while _children:
        _children.pop().end()


atexit.register(end_children)


class Child:
    """A process with its output in a file; ended by its process id when we end."""

    def __init__(self, name, command, log, environment=None, cwd=None):
        self.name = name
        self.log = Path(log)
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=cwd,
            )
        _children.append(self)

    def running(self):
        return self.process.poll() is None

    def end(self, grace=10.0):
        """SIGTERM, then SIGKILL after `grace` seconds; answers the exit code."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def tail(self, lines=25):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def leave_on_sigterm():
    """Makes SIGTERM an ordinary way out, so that children are ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


_handed_out = set()


def free_port():
    """A loopback port below the ephemeral ones that is free, as is the one 10000 above it.

    (SeaweedFS puts its gRPC ports 10000 higher.)
    """
    for _ in range(500):
        port = random.randrange(20000, 22700)
        if port not in _handed_out and _is_free(port) and _is_free(port + 10000):
            _handed_out.add(port)
            return port
    raise RuntimeError("no free port found")


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until(condition, seconds, what):
    """Asks `condition` until it answers something true; that answer is handed back."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


class Answer:
    """An HTTP answer whose status may be any; `status` 0 means that there was none."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def code(self):
        """The OData error code, if the body has one."""
        body = self.json()
        error = body.get("error") if isinstance(body, dict) else None
        return error.get("code") if isinstance(error, dict) else None

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


# Proxies of the environment must never stand between a judge and loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url, token=None, headers=None, timeout=15.0):
    """GET without proxies and without exceptions for error statuses."""
    request = urllib.request.Request(url, headers=headers or {})
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with _opener.open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.getheaders(), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers.items(), error.read())
    except OSError as error:
        return Answer(0, [], str(error).encode())


def clean_environment(**settings):
    """An environment with nothing of AWS, Cloud Foundry, proxies or this service in it."""
    dropped = ("AWS_", "VCAP_", "CATALOG_", "CF_", "KUBERNETES_", "SERVICE_BINDING_ROOT", "RUST_LOG")
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(dropped) and name.lower() not in proxies
    }
    return {**kept, **settings}
