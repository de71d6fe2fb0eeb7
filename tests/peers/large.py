"""Large objects in small memory, and what they cost beside nginx; not part of CI, which is too noisy.

    python tests/peers/large.py --binary target/release/btp-s3-catalog --gib 5

One PUT and one GET of N GiB with equal SHA-256; 200 downloads at a time, half of them slow; then the
same object through the service and through nginx, in turns. Storage is SeaweedFS over plain HTTP for
both. Fails if the service ever holds 64 MB, gives less than half of nginx's throughput, or takes more
than twice its CPU. Needs ci/requirements.txt, and nginx on PATH for the last part.
"""

import argparse
import hashlib
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.documents_world import BUCKET, World, content
from ci.judging import Cases, Child, end_children, free_port, leave_on_sigterm, wait_until

MIB, GIB = 1 << 20, 1 << 30
MOST = 64_000_000
TICKS = os.sysconf("SC_CLK_TCK")
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host 127.0.0.1:{upstream};
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_max_temp_file_size 0;
    }}
  }}
}}
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    arguments.add_argument("--gib", type=float, default=1)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="large-") as folder:
        try:
            world = World(cases, given.binary.resolve(), Path(folder))
            with cases.scene("one large object"):
                large(world, int(given.gib * GIB))
            with cases.scene("many at a time"):
                many(world)
            with cases.scene("beside nginx"):
                beside_nginx(world, Path(folder), given.rounds)
            world.end()
        finally:
            end_children()
    cases.finish()


def peak(service):
    """The most memory that it ever held, in bytes."""
    status = Path(f"/proc/{service.child.process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def cpu(process):
    """Seconds of CPU, of user and system together."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def large(world, length):
    cases, block, sent = world.cases, os.urandom(MIB), hashlib.sha256()

    def body():
        for number in range(length // MIB):
            piece = number.to_bytes(8, "big") + block[8:]
            sent.update(piece)
            yield piece

    began, used = time.monotonic(), cpu(world.first.child.process)
    headers = {"Content-Length": str(length // MIB * MIB)}
    answer = world.client.put(world.first.url + f"/catalog/Buckets('{BUCKET}')/" + content("large"), content=body(),
                              headers={"Authorization": f"Bearer {world.token}", **headers}, timeout=None)
    cases.equal("a large object is taken", answer.status_code, 201)
    report("up", length, began, used, world)
    began, used, got = time.monotonic(), cpu(world.first.child.process), hashlib.sha256()
    with world.client.stream("GET", world.first.url + f"/catalog/Buckets('{BUCKET}')/" + content("large"),
                             headers={"Authorization": f"Bearer {world.token}"}, timeout=None) as down:
        for piece in down.iter_raw(MIB):
            got.update(piece)
    report("down", length, began, used, world)
    cases.equal("what comes down is what went up", got.hexdigest(), sent.hexdigest())
    cases.check("in less than 64 MB", peak(world.first) < MOST, peak(world.first))
    world.ask("DELETE", content("large"))


def report(what, length, began, used, world):
    seconds, spent = time.monotonic() - began, cpu(world.first.child.process) - used
    print(f"      {what}: {length / GIB:.2f} GiB in {seconds:.1f} s, {spent / (length / GIB):.2f} s CPU a GiB, "
          f"peak {peak(world.first) / 1e6:.1f} MB", flush=True)


def download(port, path, token=None, pause=0.0, piece=MIB):
    """Reads an answer and throws it away; gives the bytes of its body."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{bearer}Connection: close\r\n\r\n".encode())
        buffer, got, head = bytearray(piece), 0, b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        if b" 200 " not in head[:20]:
            raise RuntimeError(head[:200])
        got = len(head.partition(b"\r\n\r\n")[2])
        while read := sock.recv_into(buffer):
            got += read
            if pause:
                time.sleep(pause)
        return got


def many(world):
    size, results = 16 * MIB, []
    world.s3.put_object(Bucket=BUCKET, Key="many", Body=os.urandom(size))
    service = world.service()
    path = f"/catalog/Buckets('{BUCKET}')/" + content("many")

    def one(number):
        slow = {"pause": 0.02, "piece": 65_536} if number % 2 else {}
        results.append(download(service.port, path, world.token, **slow))

    readers = [threading.Thread(target=one, args=(number,)) for number in range(200)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    print(f"      200 downloads at a time: peak {peak(service) / 1e6:.1f} MB", flush=True)
    world.cases.equal("200 downloads at a time are whole", results, [size] * 200)
    world.cases.check("in less than 64 MB", peak(service) < MOST, peak(service))
    service.end()


def beside_nginx(world, folder, rounds):
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        print("      nginx is not here: nothing to compare with", flush=True)
        return
    block = os.urandom(MIB)
    upload = (block for _ in range(1024))
    world.ask("PUT", content("same"), content=upload)
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, upstream=world.storage.ports["s3"]))
    proxy = Child("nginx", [nginx, "-p", folder, "-c", config], folder / "nginx.log")
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "nginx listening")
    signed = world.s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "same"})
    theirs, ours = signed[signed.index("/", 8):], f"/catalog/Buckets('{BUCKET}')/" + content("same")
    best = {}
    for _ in range(rounds):
        for name, process, args in (("nginx", proxy.process, (port, theirs)), ("service", world.first.child.process, (world.first.port, ours, world.token))):
            began, used = time.monotonic(), cpu(process)
            if download(*args) != GIB:
                raise RuntimeError(f"{name} sent too little")
            figures = (GIB / MIB / (time.monotonic() - began), cpu(process) - used)
            fast, cheap = best.get(name, (0, 1e9))
            best[name] = (max(fast, figures[0]), min(cheap, figures[1]))
    for name, (fast, cheap) in best.items():
        print(f"      {name}: {fast:.0f} MiB/s, {cheap:.2f} s CPU a GiB", flush=True)
    (fast, cheap), (most, least) = best["service"], best["nginx"]
    world.cases.check("at least half of nginx's throughput", fast >= most / 2, best)
    world.cases.check("at most twice nginx's CPU", cheap <= least * 2, best)


if __name__ == "__main__":
    main()
