"""SeaweedFS, an identity provider and any number of instances of the service that may write."""

import hashlib
import urllib.parse

import httpx

from ci.seaweed.oidc_provider import Provider
from ci.seaweed.seaweed import REGION, ROLE_PREFIX, SeaweedFS
from ci.service import Service

WRITER = ["S3CatalogWriter"]
BUCKET = "documents"


class World:
    """One store with one bucket; requests go to the first instance unless told otherwise."""

    def __init__(self, cases, binary, folder):
        self.cases, self.binary, self.folder = cases, binary, folder
        self.provider = Provider()
        self.storage = SeaweedFS(folder / "seaweed", self.provider).start()
        self.s3 = self.storage.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.token = self.provider.user_token(WRITER)
        self.client = httpx.Client(trust_env=False, timeout=60)
        self.binding = self.provider.binding()
        self.first = self.service()

    def service(self, s3_endpoint=None, **more):
        """Another instance, bound to the same services."""
        settings = {
            "CATALOG_CREDENTIAL_SOURCE": "oidc",
            "CATALOG_ROLE_ARN": f"{ROLE_PREFIX}/CatalogWriter",
            "CATALOG_REGION": REGION,
            "CATALOG_STS_ENDPOINT": self.storage.endpoint,
            "CATALOG_S3_ENDPOINT": s3_endpoint or self.storage.endpoint,
            **more,
        }
        return Service(self.binary, self.folder, [self.binding], settings).wait_ready()

    def ask(self, method, path, content=None, headers=None, json=None, at=None):
        """Any request as the writer; `path` is below the bucket unless it begins with a slash."""
        root = (at or self.first).url
        path = path if path.startswith("/") else f"/catalog/Buckets('{BUCKET}')/{path}"
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.request(method, root + path, content=content, headers=headers, json=json)

    def call(self, path, name, **given):
        """An action that is bound to what the path leads to."""
        return self.ask("POST", f"{path}/CatalogService.{name}", json=given)

    def keys(self, bucket=BUCKET, prefix=""):
        """What boto3 lists."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]

    def body(self, key, bucket=BUCKET):
        """What boto3 reads."""
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def open_uploads(self, bucket=BUCKET):
        """Keys of uploads in parts that nobody ended."""
        return [row["Key"] for row in self.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]

    def end(self):
        self.storage.stop()
        self.provider.stop()


def entity(key):
    """The path of an object below its bucket."""
    return f"objects('{urllib.parse.quote(key.replace(chr(39), chr(39) * 2), safe='')}')"


def content(key):
    return entity(key) + "/content"


def sha256(body):
    return hashlib.sha256(body).hexdigest()
