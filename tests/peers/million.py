"""A folder of a million keys beside one of ten; not part of CI, because filling it takes minutes.

    python tests/peers/million.py --binary target/release/btp-s3-catalog

The same requests go in turns to a bucket with a million keys and to one with ten, through HTTP only.
Ten rows, the first ones or some deep inside, may take half as long again as in the small bucket, and a
whole page no longer than boto3 needs for as many. Needs ci/requirements.txt.
"""

import argparse
import concurrent.futures
import http.client
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.documents_world import BUCKET as MANY, World
from ci.judging import Cases, end_children, leave_on_sigterm

FEW = "few"
FOLDER = "invoices/"
ROUNDS = 41


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    arguments.add_argument("--keys", type=int, default=1_000_000)
    given = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="million-") as folder:
        try:
            world = World(cases, given.binary.resolve(), Path(folder))
            world.s3.create_bucket(Bucket=FEW)
            fill(world, FEW, 10)
            fill(world, MANY, given.keys)
            with cases.scene("pages"):
                pages(world, given.keys)
            with cases.scene("what needs all of them"):
                refusals(world)
            world.end()
        finally:
            end_children()
    cases.finish()


def key(number):
    return f"{FOLDER}{number:07}.txt"


def fill(world, bucket, keys):
    """Writes empty objects by the store's own door, which asks for no signature."""
    began, writers = time.monotonic(), 8

    def write(first):
        store = http.client.HTTPConnection("127.0.0.1", world.storage.ports["filer"], timeout=60)
        for number in range(first, keys, writers):
            store.request("PUT", f"/buckets/{bucket}/{key(number)}", b"", {"Content-Type": "text/plain"})
            answer = store.getresponse()
            answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{key(number)}: {answer.status}")
            if number and number % 100_000 == 0:
                print(f"      {number} of {keys} keys, {time.monotonic() - began:.0f} s", flush=True)
        store.close()

    with concurrent.futures.ThreadPoolExecutor(writers) as pool:
        for done in [pool.submit(write, first) for first in range(min(writers, keys))]:
            done.result()
    print(f"      {bucket}: {keys} keys in {time.monotonic() - began:.0f} s", flush=True)


def objects(bucket, **query):
    options = urllib.parse.urlencode({f"${name}": value for name, value in query.items()}, quote_via=urllib.parse.quote)
    return f"/catalog/Buckets('{bucket}')/objects?{options}"


def pages(world, keys):
    """Each request against both buckets in turns; then the same number of rows by boto3."""
    few, many = {}, {}
    inside = f"folder eq '{FOLDER}'"
    for name, query in {
        "the first rows": {"top": 10},
        "the first rows of the folder": {"top": 10, "filter": inside},
        "the first rows by prefix": {"top": 10, "filter": f"startswith(objectKey,'{FOLDER}0')"},
        "the root with its folder": {"top": 10, "filter": "folder eq ''"},
        "one object": {"top": 10, "filter": f"objectKey eq '{key(7)}'"},
    }.items():
        few[name], many[name] = objects(FEW, **query), objects(MANY, **query)
    store = in_turns({
        bucket: lambda bucket=bucket: world.s3.list_objects_v2(Bucket=bucket, MaxKeys=10) for bucket in (FEW, MANY)
    })
    print(f"      the store alone, ten rows: {store[MANY] / store[FEW]:.2f}", flush=True)
    # deep inside there is nothing in the small bucket: it answers the first rows
    deep = f"objectKey ge '{key(keys * 9 // 10)}'"
    few["rows deep inside"], many["rows deep inside"] = objects(FEW, top=10), objects(MANY, top=10, filter=deep)
    for name in few:
        both = {FEW: few[name], MANY: many[name]}
        rows = {bucket: len(world.ask("GET", path).json()["value"]) for bucket, path in both.items()}
        world.cases.equal(f"{name}: as many rows", rows[MANY], rows[FEW])
        took = in_turns({bucket: lambda path=path: world.ask("GET", path) for bucket, path in both.items()})
        judge(world, name, took[MANY], took[FEW], 1.5)
    whole = objects(MANY, filter=inside)
    took = in_turns({
        "service": lambda: world.ask("GET", whole),
        "boto3": lambda: world.s3.list_objects_v2(Bucket=MANY, Prefix=FOLDER, Delimiter="/"),
    })
    judge(world, "a whole page beside boto3", took["service"], took["boto3"], 1)
    answer = world.ask("GET", whole).json()
    world.cases.equal("a whole page has 1,000 rows", len(answer["value"]), 1000)
    following = world.ask("GET", "/catalog/" + answer["@odata.nextLink"]).json()["value"]
    world.cases.equal("the next one follows", following[0]["objectKey"], key(1000))


def in_turns(requests):
    """The median of each, in seconds."""
    took = {name: [] for name in requests}
    for _ in range(ROUNDS):
        for name, request in requests.items():
            began = time.perf_counter()
            request()
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in took.items()}


def judge(world, name, seconds, other, most):
    print(f"      {name}: {seconds * 1e3:.1f} ms, {seconds / other:.2f} of {other * 1e3:.1f} ms", flush=True)
    world.cases.check(f"{name}: at most {most} times as long", seconds <= other * most, (seconds, other))


def refusals(world):
    """What can't be told without reading all keys is refused with advice, and soon."""
    for query in ({"orderby": "size desc"}, {"filter": "contains(name,'999999')"}, {"count": "true", "top": 0}):
        began = time.perf_counter()
        answer = world.ask("GET", objects(MANY, **query))
        seconds = time.perf_counter() - began
        print(f"      {query}: {answer.status_code} after {seconds:.2f} s", flush=True)
        world.cases.equal(f"{query} is refused", (answer.status_code, bool(answer.json()["error"]["message"])), (501, True))


if __name__ == "__main__":
    main()
