"""Other people's OData clients against the service, as the sandbox shows it.

    python tests/peers/odata_clients.py --modules NODE_MODULES

The SAP Cloud SDK and odata2ts generate clients from $metadata and use them, python-odata and
odatapy read it at run time. What they find is compared with what boto3 finds in S3. Needs ci/requirements.txt and
ci/npm.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import requests
from odata import ODataService
from odatapy.client import EdmEnabledODataClient, HttpxTransport

from ci.judging import Cases, clean_environment, end_children, get, leave_on_sigterm
from sandbox_peer import start, storage

HERE = Path(__file__).resolve().parent
TYPESCRIPT = {"compilerOptions": {"module": "esnext", "moduleResolution": "bundler", "target": "es2022"}}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--modules", required=True, type=Path)
    modules = arguments.parse_args().modules.resolve()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="odata-clients-") as folder:
        folder = Path(folder)
        try:
            _, ready = start("oidc", folder)
            truth = Truth(storage(ready), ready["aws"]["region"])
            (folder / "node_modules").symlink_to(modules)
            (folder / "specs").mkdir()
            metadata = get(ready["service"] + "/catalog/$metadata", ready["token"]["bob"])
            (folder / "specs" / "CatalogService.edmx").write_bytes(metadata.body)
            (folder / "tsconfig.json").write_text(json.dumps(TYPESCRIPT))
            for client in (cloud_sdk, odata2ts, python_odata, odatapy):
                with cases.scene(client.__name__):
                    client(cases, ready, truth, folder)
        finally:
            end_children()
    cases.finish()


class Truth:
    """What boto3 finds."""

    def __init__(self, s3, region):
        self.s3 = s3
        rows = s3.list_buckets(BucketRegion=region)["Buckets"]
        self.created = {row["Name"]: row["CreationDate"] for row in rows}
        self.ids = sorted(self.created)

    def keys(self, bucket, prefix=""):
        rows = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [row["Key"] for row in rows]

    def size(self, bucket, key):
        return self.s3.head_object(Bucket=bucket, Key=key)["ContentLength"]

    def youngest_with_s(self):
        return sorted((id for id in self.ids if "s" in id), key=self.created.get, reverse=True)


def cloud_sdk(cases, ready, truth, folder):
    run(folder, "generate-odata-client", "--input", "specs", "--outputDir", "cloud-sdk", "--transpile", "false")
    told = play(folder, ready, "cloud_sdk.mts")
    photos = truth.keys("plant-photos")
    before = truth.created["plant-photos"]
    expected = {
        "all": truth.ids,
        "filtered, sorted, cut": truth.youngest_with_s()[1:3],
        "by date": [id for id in truth.ids if truth.created[id] <= before],
        "counted": len(truth.ids),
        "by key": ready["aws"]["region"],
        "function": truth.ids,
        "a folder": truth.keys("invoices-2026", "01/"),
        "an object": [str(truth.size("invoices-2026", "01/0001.json")), True, "01/"],
    }
    for form in ("relativeToEntity", "relativeToService", "absolute"):
        expected[f"a batch, {form}"] = [truth.ids, ["plant-photos"], 404, photos]
    for name, value in expected.items():
        cases.equal(f"SAP Cloud SDK: {name}", told.get(name), value)


def odata2ts(cases, ready, truth, folder):
    run(folder, "odata2ts", "-s", "specs/CatalogService.edmx", "-o", "odata2ts", "-m", "all", "-e", "ts", "-n", "CatalogService")
    told = play(folder, ready, "odata2ts.mts")
    youngest = truth.youngest_with_s()
    expected = {
        "all": truth.ids,
        "filtered, sorted, cut, counted": [youngest[:2], len(youngest)],
        "by key": ready["aws"]["region"],
        "function": truth.ids,
        "a folder": truth.keys("invoices-2026", "01/"),
    }
    for name, value in expected.items():
        cases.equal(f"odata2ts: {name}", told.get(name), value)


def python_odata(cases, ready, truth, folder):
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = "Bearer " + ready["token"]["bob"]
    service = ODataService(ready["service"] + "/catalog/", reflect_entities=True, session=session, quiet_progress=True)
    bucket, item = service.entities["Buckets"], service.entities["Objects"]
    listed = [row.id for row in service.query(bucket)]
    cases.equal("python-odata: all", listed, truth.ids)
    youngest = service.query(bucket).filter(bucket.name.contains("s")).order_by(bucket.created.desc()).limit(2)
    cases.equal("python-odata: filtered, sorted, cut", [row.id for row in youngest], truth.youngest_with_s()[:2])
    one = service.query(bucket).get("plant-photos")
    cases.equal("python-odata: by key", one.created, truth.created["plant-photos"])
    rows = service.query(item).filter(item.bucket_id == "plant-photos")
    cases.equal("python-odata: objects", [row.objectKey for row in rows], truth.keys("plant-photos"))


def odatapy(cases, ready, truth, folder):
    """Speaks 4.01 and types what it reads by $metadata."""
    headers = {"Authorization": "Bearer " + ready["token"]["bob"]}
    transport = HttpxTransport(headers=headers, trust_env=False)
    client = EdmEnabledODataClient(ready["service"] + "/catalog", transport)
    buckets = client.entity_set_uri("Buckets")

    def ids(rows):
        return [row.get_value("id") for row in rows]

    cases.equal("odatapy: all", ids(client.iter_entities(buckets.copy())), truth.ids)
    query = buckets.copy().filter("contains(name,'s')").orderby("created desc").top(2)
    cases.equal("odatapy: filtered, sorted, cut", ids(client.iter_entities(query)), truth.youngest_with_s()[:2])
    one = client.get_entity(client.entity_uri("Buckets", "plant-photos"))
    cases.equal("odatapy: by key, typed", one.get_value("created"), truth.created["plant-photos"])
    cases.equal("odatapy: counted", client.get_count(buckets.copy().append_count_segment()), len(truth.ids))
    inside = buckets.copy().append_key_segment("plant-photos").append_navigation_segment("objects")
    pages = client.iter_pages(inside.copy(), headers={"Prefer": "maxpagesize=1"})
    found = [row.get_value("objectKey") for page in pages for row in page]
    cases.equal("odatapy: page by page", found, truth.keys("plant-photos"))
    searched = ids(client.iter_entities(buckets.copy().search("PHOTOS")))
    cases.equal("odatapy: searched", searched, ["plant-photos"])
    for form in ("multipart", "json"):
        batch = client.batch(format=form)
        batch.add_retrieve(buckets.copy())
        batch.add_retrieve(inside.copy())
        statuses = [part.status_code for part in client.execute_batch(batch).responses]
        cases.equal(f"odatapy: a batch, {form}", statuses, [200, 200])


def run(folder, tool, *arguments, **variables):
    """Runs a tool of npm; answers what it prints."""
    command = [folder / "node_modules" / ".bin" / tool, *arguments]
    environment = clean_environment(**variables)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
    if done.returncode:
        raise RuntimeError(f"{tool} ended with {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


def play(folder, ready, script):
    """Runs a script that prints a JSON line a case."""
    (folder / script).write_text((HERE / "odata_clients" / script).read_text())
    printed = run(folder, "tsx", script, SERVICE=ready["service"], TOKEN=ready["token"]["bob"])
    return dict(json.loads(line) for line in printed.splitlines() if line.startswith('["'))


if __name__ == "__main__":
    main()
