"""AWS Labs' iam-rolesanywhere-session against the sandbox's Roles Anywhere.

    cargo run -p sandbox --example stand_ins -- python tests/peers/roles_anywhere_peer.py

A client that was not written with the sandbox in mind must get a session with good certificates
and list buckets with it, and must be refused with bad ones. SANDBOX_FACTS names the JSON file
that says where everything is. Needs PyPI's iam-rolesanywhere-session.
"""

import json
import os
import sys

from iam_rolesanywhere_session import IAMRolesAnywhereSession

GOOD = ["rsa-2048", "rsa-4096", "p256", "chain", "long-serial"]
BAD = {
    "other-key": "Invalid signature",
    "expired": "Untrusted Signing Certificate",
    "foreign": "Untrusted Signing Certificate",
}


def session(facts, name, **changes):
    files = facts["certificates"][name]
    arguments = {
        "certificate": files["certificate"],
        "private_key": files["key"],
        "certificate_chain": files.get("chain"),
        "trust_anchor_arn": facts["trust_anchor_arn"],
        "profile_arn": facts["profile_arn"],
        "role_arn": facts["role_arn"],
        "region": facts["region"],
        # A host and a port; the library always says https.
        "endpoint": facts["roles_anywhere"].removeprefix("https://"),
        "verify": facts["ca"],
        "session_duration": 900,
    }
    return IAMRolesAnywhereSession(**(arguments | changes)).get_session(region_name=facts["region"])


def listed(facts, name, **changes):
    client = session(facts, name, **changes).client("s3", endpoint_url=facts["s3"])
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def refusal(facts, name, **changes):
    try:
        listed(facts, name, **changes)
    except Exception as error:  # the library has an exception for each kind of refusal
        return f"{type(error).__name__}: {error}"
    return "a session"


def main():
    with open(os.environ["SANDBOX_FACTS"], encoding="utf-8") as file:
        facts = json.load(file)
    expected = [bucket["name"] for bucket in facts["buckets"]]
    checks = {f"{name} lists the buckets": listed(facts, name) == expected for name in GOOD}
    for name, message in BAD.items():
        said = refusal(facts, name)
        checks[f"{name} is refused with '{message}', got '{said}'"] = message in said
    wrong = {
        "another region": {"region": "us-east-1"},
        "an unknown profile": {"profile_arn": facts["profile_arn"][:-1] + "_"},
        "an unknown role": {"role_arn": facts["role_arn"] + "-2"},
    }
    for what, changes in wrong.items():
        said = refusal(facts, "p256", **changes)
        checks[f"{what} is refused, got '{said}'"] = said != "a session"
    for what, held in checks.items():
        print("ok  " if held else "FAIL", what)
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
