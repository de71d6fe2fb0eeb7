"""The sandbox as a newcomer starts it, and its bucket list against that of other people's clients.

    python tests/peers/sandbox_peer.py --credential-source oidc

Starts `cargo run -p sandbox`, lists the buckets with the tokens of its users, and compares with
what boto3 lists, with a session that iam-rolesanywhere-session got for a certificate of the
sandbox. Needs ci/requirements.txt.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import botocore.config
from iam_rolesanywhere_session import IAMRolesAnywhereSession

from ci.judging import Cases, Child, clean_environment, end_children, get, leave_on_sigterm, wait_until

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("roles-anywhere", "oidc", "credential-store")
# building is part of the start on a fresh machine
START_SECONDS = 900


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--credential-source", required=True, choices=SOURCES)
    source = arguments.parse_args().credential_source
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="sandbox-peer-") as folder:
        try:
            with cases.scene(f"the sandbox with {source}"):
                play(cases, source, Path(folder))
        finally:
            end_children()
    cases.finish()


def play(cases, source, folder):
    sandbox, ready = start(source, folder)
    cases.equal("the ready file names the credential source", ready["credential_source"], source)
    users(cases, ready)
    page = get(ready["page"])
    cases.check("the page opens", page.status == 200 and b"<html" in page.body.lower(), page)
    listed = get(ready["service"] + "/catalog/Buckets", ready["token"]["alice"]).json() or {}
    names = [row["id"] for row in listed.get("value", [])]
    cases.equal("the catalogue and boto3 list the same buckets", names, listed_by_boto3(ready))
    cases.equal("SIGTERM ends the sandbox with 0", sandbox.end(grace=30), 0)
    cases.equal("its service ended as well", get(ready["service"] + "/health/live", timeout=2).status, 0)
    left = [path for path in workload_files(ready) if path.exists()]
    cases.equal("its files are gone", left, [])


def start(source, folder):
    """Starts the sandbox; answers the process and what its ready file says."""
    file = folder / "ready.json"
    command = ["cargo", "run", "--quiet", "-p", "sandbox", "--"]
    command += ["--credential-source", source, "--port", "0", "--ready-file", file]
    environment = clean_environment(CARGO_TARGET_DIR=os.environ.get("CARGO_TARGET_DIR", ""))
    if not environment["CARGO_TARGET_DIR"]:
        del environment["CARGO_TARGET_DIR"]
    sandbox = Child("sandbox", command, folder / "sandbox.log", environment, cwd=ROOT)

    def written():
        if not sandbox.running():
            raise RuntimeError("the sandbox ended:\n" + sandbox.tail())
        return file.exists()

    try:
        wait_until(written, START_SECONDS, "the sandbox's ready file")
    except TimeoutError as error:
        raise RuntimeError(f"{error}:\n{sandbox.tail()}") from error
    return sandbox, json.loads(file.read_text())


def users(cases, ready):
    """What each user may: only who is in a group sees buckets."""
    url = ready["service"] + "/catalog/Buckets"
    for name in ("alice", "bob", "carol"):
        answer = get(url, ready["token"][name])
        rows = (answer.json() or {}).get("value", [])
        complete = all(row.get("id") == row.get("name") and row.get("created") for row in rows)
        cases.check(f"{name} sees the demo buckets", answer.status == 200 and rows and complete, answer)
    dave = get(url, ready["token"]["dave"])
    cases.equal("dave, who is in no group, does not", (dave.status, dave.code()), (403, "Forbidden"))
    nobody = get(url)
    cases.equal("nobody without a token", (nobody.status, nobody.code()), (401, "Unauthenticated"))


def listed_by_boto3(ready):
    """Buckets of the service's region."""
    listed = storage(ready).list_buckets(BucketRegion=ready["aws"]["region"])
    return sorted(bucket["Name"] for bucket in listed["Buckets"])


def storage(ready):
    """S3 by clients that know nothing of the sandbox."""
    at, files, urls = ready["aws"], ready["workload"], ready["urls"]
    session = IAMRolesAnywhereSession(
        certificate=files["certificate"],
        private_key=files["private_key"],
        certificate_chain=files["intermediates"],
        trust_anchor_arn=at["trust_anchor_arn"],
        profile_arn=at["profile_arn"],
        role_arn=at["role_arn"],
        region=at["region"],
        # a host and a port; the library always says https
        endpoint=urls["roles_anywhere"].removeprefix("https://"),
        verify=ready["ca"],
        session_duration=900,
    ).get_session(region_name=at["region"])
    path_style = botocore.config.Config(s3={"addressing_style": "path"}, proxies={})
    return session.client("s3", endpoint_url=urls["s3"], verify=ready["ca"], config=path_style)


def workload_files(ready):
    return [Path(path) for path in ready["workload"].values()]


if __name__ == "__main__":
    main()
