"""boto3 against the sandbox's STS and S3.

    cargo run -p sandbox --example stand_ins -- python tests/peers/boto3_peer.py

A web identity token and an IAM user's key must each become a session that lists buckets and reads
objects; wrong tokens, keys and session tokens must get AWS's error codes. SANDBOX_FACTS names the
JSON file that says where everything is. Needs PyPI's boto3.
"""

import json
import os
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError


class Peer:
    def __init__(self, facts):
        self.facts = facts
        self.checks = {}

    def client(self, service, keys=None, region=None, **config):
        return boto3.session.Session().client(
            service,
            region_name=region or self.facts["region"],
            endpoint_url=self.facts[service],
            verify=self.facts["ca"],
            config=Config(retries={"max_attempts": 1}, parameter_validation=False, s3={"addressing_style": "path"}, **config),
            **(keys or {}),
        )

    def user(self):
        user = self.facts["user"]
        return {
            "aws_access_key_id": user["access_key_id"],
            "aws_secret_access_key": user["secret_access_key"],
        }

    def web_identity(self, token="good", **changes):
        arguments = {
            "RoleArn": self.facts["role_arn"],
            "RoleSessionName": "peer",
            "WebIdentityToken": self.facts["tokens"].get(token, token),
        }
        # boto3 must not look for credentials for a call that takes none
        sts = self.client("sts", signature_version=UNSIGNED)
        return keys(sts.assume_role_with_web_identity(**(arguments | changes)))

    def assume_role(self, **changes):
        arguments = {
            "RoleArn": self.facts["role_arn"],
            "RoleSessionName": "peer",
            "ExternalId": self.facts["user"]["external_id"],
            "Tags": [{"Key": "Project", "Value": "peer tests"}],
            "TransitiveTagKeys": ["Project"],
            "SourceIdentity": "peer",
        }
        return keys(self.client("sts", self.user()).assume_role(**(arguments | changes)))

    def check(self, what, held):
        self.checks[what] = bool(held)

    def refused(self, what, code, call, *arguments, **named):
        try:
            call(*arguments, **named)
            got = "no error"
        except ClientError as error:
            got = error.response["Error"]["Code"]
        self.check(f"{what}: {code}, got {got}", got == code)

    def sts(self):
        self.refused("an expired token", "ExpiredTokenException", self.web_identity, "expired")
        self.refused("another audience", "InvalidIdentityToken", self.web_identity, "for_another_audience")
        good = self.facts["tokens"]["good"]
        self.refused("a cut signature", "InvalidIdentityToken", self.web_identity, good[:-8])
        other = self.facts["role_arn"] + "-2"
        self.refused("an unknown role", "AccessDenied", self.web_identity, RoleArn=other)
        self.refused("eleven minutes", "ValidationError", self.web_identity, DurationSeconds=660)
        self.refused("no external id", "AccessDenied", self.assume_role, ExternalId="nobody")
        wrong = self.user() | {"aws_secret_access_key": "x" * 40}
        ask = self.client("sts", wrong).get_caller_identity
        self.refused("a wrong secret", "SignatureDoesNotMatch", ask)
        arn = self.client("sts", self.assume_role()).get_caller_identity()["Arn"]
        self.check(f"a session knows its name: {arn}", arn.endswith("assumed-role/s3-catalog/peer"))

    def s3(self, how, session):
        s3 = self.client("s3", session)
        buckets = s3.list_buckets()["Buckets"]
        got = [(bucket["Name"], int(bucket["CreationDate"].timestamp())) for bucket in buckets]
        expected = [(bucket["name"], bucket["created"]) for bucket in self.facts["buckets"]]
        self.check(f"{how}: all buckets", got == expected)
        near = [bucket["name"] for bucket in self.facts["buckets"] if bucket["region"] == self.facts["region"]]
        pages = s3.get_paginator("list_buckets").paginate(
            BucketRegion=self.facts["region"], PaginationConfig={"PageSize": 2}
        )
        got = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
        self.check(f"{how}: this region's buckets in pages", got == near)
        keys_of = s3.list_objects_v2(Bucket="sales-reports", Delimiter="/")
        self.check(f"{how}: folders", [p["Prefix"] for p in keys_of["CommonPrefixes"]] == ["2025/", "2026/"])
        body = s3.get_object(Bucket="sales-reports", Key="2026/q1/übersicht.csv")["Body"].read()
        self.check(f"{how}: an object", body.startswith(b"region,amount"))
        s3.put_object(Bucket="sales-reports", Key=f"new {how}.txt", Body=b"hello")
        read = s3.get_object(Bucket="sales-reports", Key=f"new {how}.txt")["Body"].read()
        self.check(f"{how}: an upload", read == b"hello")
        region = s3.head_bucket(Bucket=near[0])["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"]
        self.check(f"{how}: a bucket's region", region == self.facts["region"])

    def s3_refusals(self, session):
        listing = lambda keys, **more: self.client("s3", keys, **more).list_buckets()
        without = {name: value for name, value in session.items() if name != "aws_session_token"}
        tampered = session | {"aws_session_token": session["aws_session_token"] + "A"}
        wrong = session | {"aws_secret_access_key": "x" * 40}
        self.refused("no session token", "InvalidAccessKeyId", listing, without)
        self.refused("a tampered session token", "InvalidToken", listing, tampered)
        self.refused("a wrong secret at S3", "SignatureDoesNotMatch", listing, wrong)
        self.refused("a user's key at S3", "AccessDenied", listing, self.user())
        self.refused("nobody", "AccessDenied", listing, None, signature_version=UNSIGNED)
        head = self.client("s3", session).get_object
        self.refused("an unknown bucket", "NoSuchBucket", head, Bucket="nowhere-at-all", Key="a")
        create = self.client("s3", session).create_bucket
        self.refused("a bucket of another region", "IllegalLocationConstraintException", create, Bucket="new-one",
                     CreateBucketConfiguration={"LocationConstraint": "us-west-2"})


def keys(answer):
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def main():
    with open(os.environ["SANDBOX_FACTS"], encoding="utf-8") as file:
        peer = Peer(json.load(file))
    peer.sts()
    peer.s3("web identity", peer.web_identity())
    peer.s3("assume role", peer.assume_role())
    peer.s3_refusals(peer.assume_role())
    for what, held in peer.checks.items():
        print("ok  " if held else "FAIL", what)
    sys.exit(0 if all(peer.checks.values()) else 1)


if __name__ == "__main__":
    main()
