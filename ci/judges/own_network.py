"""A network of its own for a judge: any name and any port, on nobody's machine.

`enter` starts the script again in network and mount namespaces that have nothing but loopback.
There every name that somebody looks up means 127.0.0.1, and `Directory` remembers who was looked
for. Needs `unshare` and the right to use it, which root has; without them the judge fails.
"""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_INSIDE = "JUDGE_IN_OWN_NETWORK"
_FILES = {
    "/etc/hosts": "127.0.0.1 localhost\n",
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
_MOUNT = 'ip link set lo up && for file in hosts resolv.conf nsswitch.conf; do mount --bind "$0/$file" "/etc/$file" || exit 1; done && exec "$@"'
_ADDRESS_OF_HOST, _INTERNET = 1, 1


def enter():
    """Returns inside of the namespaces; outside it ends the script with what happened inside."""
    if os.environ.get(_INSIDE):
        return
    if subprocess.run(["unshare", "--mount", "--net", "true"], check=False, capture_output=True).returncode != 0:
        sys.exit("FAIL  unshare --mount --net is not permitted here: this judge needs a network of its own")
    with tempfile.TemporaryDirectory(prefix="own-network-") as folder:
        for path, text in _FILES.items():
            (Path(folder) / Path(path).name).write_text(text)
        command = ["unshare", "--mount", "--net", "sh", "-c", _MOUNT, folder, sys.executable, *sys.argv]
        done = subprocess.run(command, env={**os.environ, _INSIDE: "1"}, check=False)
    sys.exit(done.returncode)


class Directory:
    """A name server for which every name is this machine; `looked_up` has the names.

    `addresses` has the names that mean something else; a name with an empty list does not exist.
    """

    def __init__(self, addresses=None):
        self.looked_up, self.addresses = set(), addresses or {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            question, client = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(question), client)

    def _answer(self, question):
        name, end = _name(question)
        kind, family = struct.unpack("!HH", question[end : end + 4])
        self.looked_up.add(name)
        addresses = self.addresses.get(name, ["127.0.0.1"])
        known = addresses if (kind, family) == (_ADDRESS_OF_HOST, _INTERNET) else []
        head = question[:2] + struct.pack("!HHHHH", 0x8580, 1, len(known), 0, 0)
        records = [struct.pack("!HHHIH", 0xC00C, kind, family, 1, 4) + socket.inet_aton(it) for it in known]
        return head + question[12 : end + 4] + b"".join(records)


def _name(question):
    """The first name in a DNS message, and where it ends (RFC 1035, 3.1)."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    return ".".join(labels).lower(), at + 1
