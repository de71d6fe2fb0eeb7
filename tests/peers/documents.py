"""Documents written, described, moved, packed and taken up again, judged by other people's clients.

    python tests/peers/documents.py --binary target/release/btp-s3-catalog

SeaweedFS is the store, boto3 reads what the service wrote and writes what it reads, zipfile opens
its archives, tuspy uploads. Needs ci/requirements.txt; everything listens on loopback.
"""

import argparse
import io
import os
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tusclient import client as tus
from tusclient.exceptions import TusCommunicationError

from ci.documents_world import BUCKET, World, content, entity, sha256
from ci.judging import Cases, end_children, leave_on_sigterm

MIB = 1 << 20
SIZES = (0, 1, MIB, 17 * MIB, 40 * MIB + 7)
ODD_KEYS = [
    "docs/a b+c%2F'd'.txt",
    "\u00fc/\U0001f600.txt",
    ".hidden/.dot",
    "a//b",
    "a/../b/./c",
    "q?x=1&y#z",
    "x" * 1024,
    "tab\there",
    "semi;colon,comma=eq@at:$",
    " ",
    "\u3000/ ",
]
PAIRS = [{"key": "author", "value": "J\u00f6rg, \u6771\u4eac"}, {"key": "note", "value": "50 % = ok"}]
TAGS = [{"key": "Kunde", "value": "M\u00fcller"}, {"key": "year", "value": "2026"}]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    binary = arguments.parse_args().binary.resolve()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="documents-") as folder:
        try:
            world = World(cases, binary, Path(folder))
            for scene in (written, read, described, moved, packed, versions, resumed):
                with cases.scene(scene.__doc__):
                    scene(world)
            cases.equal("the service ends with 0", world.first.end(), 0)
            world.end()
        finally:
            end_children()
    cases.finish()


def pieces(body):
    """A body whose length nobody tells."""
    for start in range(0, len(body), 99_991):
        yield body[start : start + 99_991]


def written(world):
    """boto3 reads what was uploaded"""
    cases = world.cases
    for size in SIZES:
        body = os.urandom(size)
        for kind, sent in (("with", body), ("without", pieces(body))):
            key = f"up/{kind} {size}.csv"
            answer = world.ask("PUT", content(key), content=sent)
            cases.equal(f"{size} bytes {kind} a length are taken", answer.status_code, 201)
            cases.equal(f"{size} bytes {kind} a length are the same", sha256(world.body(key)), sha256(body))
            head = world.s3.head_object(Bucket=BUCKET, Key=key)
            cases.equal(f"{key} has its type", head["ContentType"], "text/csv")
            cases.equal(f"{key} has the tag that was told", head["ETag"], answer.headers["etag"])
    again = world.ask("PUT", content("up/with 1.csv"), content=b"2", headers={"If-None-Match": "*"})
    cases.equal("what is there is kept if asked", (again.status_code, len(world.body("up/with 1.csv"))), (412, 1))
    wrong = world.ask("PUT", content("up/x"), content=b"abc", headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="})
    cases.equal("a wrong digest is refused", wrong.status_code, 400)
    cases.check("and leaves nothing", "up/x" not in world.keys(), world.keys())
    cases.equal("no upload in parts stays open", world.open_uploads(), [])


def read(world):
    """what boto3 wrote is read, under any key"""
    cases, s3 = world.cases, world.s3
    for key in ODD_KEYS:
        ours = world.ask("PUT", content(key), content=key.encode())
        # SeaweedFS keeps objects in folders and can't hold every key that S3 can
        if ours.status_code == 201 and key in world.keys():
            cases.equal(f"boto3 reads {key[:30]!r}", world.body(key), key.encode())
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"theirs", Metadata={"by": "boto3"}, Tagging="a=1&b=2")
            row = world.ask("GET", entity(key)).json()
            cases.equal(f"{key[:30]!r} has boto3's metadata", row.get("metadata"), [{"key": "by", "value": "boto3"}])
            tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
            cases.equal(f"{key[:30]!r} has boto3's tags", row.get("tags"), tags)
            cases.equal(f"{key[:30]!r} has boto3's content", world.ask("GET", content(key)).content, b"theirs")
            gone = world.ask("DELETE", entity(key)).status_code
            cases.equal(f"{key[:30]!r} is deleted", (gone, key in world.keys()), (204, False))
        else:
            # a refusal of our own would be 400
            cases.check(f"{key[:30]!r}: SeaweedFS changes or refuses it", ours.status_code != 400, ours.text)
    large = os.urandom(MIB) * 24
    s3.upload_fileobj(io.BytesIO(large), BUCKET, "theirs/large.bin")
    got = world.ask("GET", content("theirs/large.bin"))
    cases.equal("a multipart object of boto3 is read", sha256(got.content), sha256(large))
    part = world.ask("GET", content("theirs/large.bin"), headers={"Range": "bytes=8388600-8388700"})
    cases.check("and a range of it", part.status_code == 206 and part.content == large[8388600:8388701], part)


def described(world):
    """descriptions go both ways"""
    cases, s3 = world.cases, world.s3
    body = {"objectKey": "said/new.txt", "metadata": PAIRS, "tags": TAGS}
    made = world.ask("POST", "objects", json=body)
    cases.equal("an object is created", made.status_code, 201)
    world.ask("PUT", content("said/new.txt"), content=b"x" * 100)
    head = s3.head_object(Bucket=BUCKET, Key="said/new.txt")
    cases.equal("boto3 sees plain metadata", head["Metadata"].get("note"), "50 % = ok")
    cases.check("and encoded metadata", head["Metadata"].get("author", "").startswith("=?UTF-8?B?"), head["Metadata"])
    seen = s3.get_object_tagging(Bucket=BUCKET, Key="said/new.txt")["TagSet"]
    cases.equal("boto3 sees the tags", sorted((it["Key"], it["Value"]) for it in seen), [("Kunde", "M\u00fcller"), ("year", "2026")])
    row = world.ask("GET", entity("said/new.txt")).json()
    cases.equal("they survive new content", (row["metadata"], row["tags"], row["size"]), (PAIRS, TAGS, 100))
    patched = world.ask("PATCH", entity("said/new.txt"), json={"contentType": "text/x-new", "tags": TAGS[:1]})
    cases.equal("a description changes", patched.status_code, 204)
    head = s3.head_object(Bucket=BUCKET, Key="said/new.txt")
    cases.equal("boto3 sees the new type", (head["ContentType"], head["ContentLength"]), ("text/x-new", 100))
    stale = world.ask("PATCH", entity("said/new.txt"), json={"tags": []}, headers={"If-Match": 'W/"x"'})
    cases.equal("If-Match is judged", stale.status_code, 412)


def moved(world):
    """copies, moves and folders, as boto3 lists them"""
    cases = world.cases
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        world.ask("PUT", content(f"from/{name}"), content=name.encode())
    copied = world.call(entity("from/"), "copy", targetKey="to/").json()
    cases.equal("a folder is copied", (copied["objects"], copied["failures"], copied["next"]), (3, [], None))
    moved = world.call(entity("from/"), "move", targetKey="moved/").json()
    cases.equal("a folder is moved", moved["objects"], 3)
    cases.equal("the copies are there", world.keys(prefix="to/"), ["to/a.txt", "to/b.txt", "to/sub/c.txt"])
    cases.equal("the originals are not", world.keys(prefix="from/"), [])
    cases.equal("the content came along", world.body("moved/sub/c.txt"), b"sub/c.txt")
    renamed = world.call(entity("to/a.txt"), "move", targetKey="to/z.txt")
    cases.equal("an object is renamed", (renamed.status_code, "to/z.txt" in world.keys()), (200, True))
    over = world.call(entity("to/b.txt"), "copy", targetKey="to/z.txt")
    cases.equal("nothing is replaced unasked", (over.status_code, world.body("to/z.txt")), (409, b"a.txt"))
    gone = world.call(entity("to/"), "deleteFolder").json()
    cases.equal("a folder is deleted", (gone["objects"], world.keys(prefix="to/")), (3, []))


def packed(world):
    """zipfile reads the archives"""
    cases, s3 = world.cases, world.s3
    files = {f"zip/many/{number:03}.txt": b"%d" % number for number in range(150)}
    files["zip/\u00dcbersicht \U0001f600.csv"] = b"1;2;3\n" * 2_000_000
    files["zip/photo.jpg"] = os.urandom(3 * MIB)
    files["zip/nul.txt"] = files["zip/back\\slash.txt"] = b"odd"
    files["zip/Case.txt"], files["zip/case.TXT"] = b"upper", b"lower"
    for key, body in files.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    answer = world.ask("GET", "objects/CatalogService.zip(folder='zip%2F')")
    cases.equal("an archive comes", (answer.status_code, answer.headers["content-type"]), (200, "application/zip"))
    cases.check("under a name", 'filename="zip.zip"' in answer.headers["content-disposition"], answer.headers)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    cases.equal("all checksums fit", archive.testzip(), None)
    there = {key: body for key, body in files.items() if key in world.keys(prefix="zip/")}
    packed_up = {sha256(archive.read(name)): name for name in archive.namelist() if not name.endswith("/")}
    wanted = {sha256(body): key for key, body in there.items()}
    odd = [name for tag, name in (packed_up | wanted).items() if (tag in packed_up) != (tag in wanted)]
    cases.equal("all contents are there, and nothing else", odd, [])
    names = archive.namelist()
    cases.equal("no two names are alike", len({name.lower() for name in names}), len(names))
    odd = [name for name in names if name.startswith("/") or ".." in name or "\\" in name]
    cases.equal("no name leads elsewhere", odd, [])
    info = archive.getinfo("photo.jpg")
    cases.equal("a photo is stored", info.compress_type, zipfile.ZIP_STORED)
    info = archive.getinfo("\u00dcbersicht \U0001f600.csv")
    cases.check("a table is deflated", info.compress_type == zipfile.ZIP_DEFLATED and info.compress_size < MIB, info)
    cases.check("dates are today's", info.date_time[0] >= 2026, info.date_time)
    chosen = world.ask("GET", "objects/CatalogService.zip(keys=@k)?@k=[%22zip/photo.jpg%22,%22zip/many/%22,%22zip/nope%22]")
    archive = zipfile.ZipFile(io.BytesIO(chosen.content))
    wanted = {"photo.jpg", "MISSING.txt"} | {f"many/{number:03}.txt" for number in range(150)}
    cases.equal("a selection is packed, what is missing is named", set(archive.namelist()) - {"many/"}, wanted)


def versions(world):
    """versions of a bucket that keeps them"""
    cases, s3 = world.cases, world.s3
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    root = "/catalog/Buckets('kept')/"
    for body in (b"one", b"second"):
        world.ask("PUT", root + content("a.txt"), content=body)
    rows = world.ask("GET", root + entity("a.txt") + "/versions").json()["value"]
    cases.equal("both versions are listed", sorted(row["size"] for row in rows), [3, 6])
    old = next(row for row in rows if row["size"] == 3)
    path = f"{root}{entity('a.txt')}/versions('{old['versionId']}')"
    cases.equal("the old one is read", world.ask("GET", path + "/content").content, b"one")
    cases.equal("it is restored", world.call(path, "restore").status_code, 200)
    cases.equal("boto3 reads it", world.body("a.txt", "kept"), b"one")
    cases.equal("a deletion", world.ask("DELETE", root + entity("a.txt")).status_code, 204)
    cases.equal("hides it", world.ask("GET", root + entity("a.txt")).status_code, 404)
    cases.equal("and is taken back", world.call(root + entity("a.txt"), "undelete").status_code, 200)
    cases.equal("with its content", world.body("a.txt", "kept"), b"one")


def resumed(world):
    """tuspy uploads, breaks off and goes on at another instance"""
    cases = world.cases
    second = world.service()
    headers = {"Authorization": f"Bearer {world.token}"}
    body = os.urandom(12 * MIB + 5)
    target = {"bucket": BUCKET, "key": "tus/\u00fc.bin", "filetype": "application/x-judge", "tag-a": "1"}
    first = tus.TusClient(world.first.url + "/catalog/uploads", headers=headers)
    uploader = first.uploader(file_stream=io.BytesIO(body), chunk_size=MIB, metadata=target, upload_checksum=True)
    uploader.upload(stop_at=5 * MIB)
    cases.check("nothing is visible yet", "tus/\u00fc.bin" not in world.keys(), world.keys(prefix="tus/"))
    url = uploader.url.replace(world.first.url, second.url)
    other = tus.TusClient(second.url + "/catalog/uploads", headers=headers)
    uploader = other.uploader(file_stream=io.BytesIO(body), url=url, chunk_size=3 * MIB, upload_checksum=True)
    cases.equal("another instance knows how far it got", uploader.offset, 5 * MIB)
    uploader.upload()
    cases.equal("the object is the same", sha256(world.body("tus/\u00fc.bin")), sha256(body))
    head = world.s3.head_object(Bucket=BUCKET, Key="tus/\u00fc.bin")
    cases.equal("its type is the one that was said", head["ContentType"], "application/x-judge")
    row = world.ask("GET", entity("tus/\u00fc.bin")).json()
    cases.equal("its tags are, and no mark of ours is seen", (row["tags"], row["metadata"]), ([{"key": "a", "value": "1"}], []))
    stranger = {"Authorization": f"Bearer {world.provider.user_token(['S3CatalogReader'])}"}
    refused = refuses(lambda: tus.TusClient(second.url + "/catalog/uploads", headers=stranger).uploader(
        file_stream=io.BytesIO(b"x"), metadata=target).upload())
    cases.check("who may not write is refused", refused, refused)
    given_up = first.uploader(file_stream=io.BytesIO(body), chunk_size=MIB, metadata={"bucket": BUCKET, "key": "tus/no"})
    given_up.upload(stop_at=6 * MIB)
    ended = world.client.delete(given_up.url, headers={**headers, "Tus-Resumable": "1.0.0"})
    cases.equal("an upload is taken back", ended.status_code, 204)
    small = first.uploader(file_stream=io.BytesIO(b"small"), metadata={"bucket": BUCKET, "key": "tus/small"})
    small.upload()
    cases.equal("a small one is an object", world.body("tus/small"), b"small")
    cases.equal("nothing hidden stays", world.keys(prefix=".btp-s3-catalog/"), [])
    cases.equal("nothing stays open", world.open_uploads(), [])
    cases.equal("the second instance ends with 0", second.end(), 0)


def refuses(attempt):
    try:
        attempt()
    except TusCommunicationError as error:
        return error.status_code in (401, 403)
    return False


if __name__ == "__main__":
    main()
