"""The AWS CLI and boto3 earn their credentials by `credential-process`, from bindings and from files.

    cargo run -p sandbox --example stand_ins -- \\
        python tests/peers/credential_process.py --binary target/release/btp-s3-catalog

Neither knows of us: they run what `credential_process` in their configuration names, and list buckets
with what it prints. SANDBOX_FACTS names the JSON file that says where everything is.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases

AWS = [sys.executable, "-m", "awscli"]


class Tools:
    """An AWS configuration of its own, whose profiles run the command."""

    def __init__(self, facts, binary, folder):
        self.facts, self.binary, self.config = facts, binary, Path(folder) / "config"

    def configure(self, *words):
        process = shlex.join([str(self.binary), "credential-process", *words])
        self.config.write_text(f"[profile btp]\nregion = {self.facts['region']}\ncredential_process = {process}\n")

    def environment(self, **more):
        """Nothing of the caller's: no keys, no profiles."""
        mine = {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": str(self.config), "AWS_EC2_METADATA_DISABLED": "true"}
        return mine | {"AWS_CA_BUNDLE": self.facts["ca"], "SSL_CERT_FILE": self.facts["ca"], **more}

    def cli(self, **more):
        """Names of buckets as the AWS CLI lists them, or what it says instead."""
        words = [*AWS, "--profile", "btp", "--endpoint-url", self.facts["s3"], "--output", "json", "s3api", "list-buckets"]
        done = subprocess.run(words, env=self.environment(**more), capture_output=True, timeout=60, check=False, text=True)
        if done.returncode:
            return done.stderr
        return [bucket["Name"] for bucket in json.loads(done.stdout)["Buckets"]]

    def boto3(self, **more):
        """The same by boto3, in a process of its own, because it reads the environment."""
        script = (
            "import boto3, json, os; s = boto3.Session(profile_name='btp');"
            "c = s.client('s3', endpoint_url=os.environ['S3']);"
            "print(json.dumps([b['Name'] for b in c.list_buckets()['Buckets']]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], env=self.environment(S3=self.facts["s3"], **more),
            capture_output=True, timeout=60, check=False, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr

    def run(self, *words, **more):
        """The command itself."""
        return subprocess.run(
            [str(self.binary), "credential-process", *words], env=self.environment(**more),
            capture_output=True, timeout=60, check=False, text=True)


def files(facts, name, chain="--intermediates"):
    """Options of AWS's helper for one of the sandbox's certificates."""
    paths = facts["certificates"][name]
    words = ["--certificate", paths["certificate"], "--private-key", paths["key"]]
    words += [chain, paths["chain"]] if "chain" in paths else []
    for option in ("trust_anchor_arn", "profile_arn", "role_arn"):
        words += ["--" + option.replace("_", "-"), facts[option]]
    return [*words, "--endpoint", facts["roles_anywhere"]]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    given = arguments.parse_args()
    facts = json.loads(Path(os.environ["SANDBOX_FACTS"]).read_text())
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="credential-process-") as folder:
        tools = Tools(facts, given.binary.resolve(), folder)
        expected = sorted(bucket["name"] for bucket in facts["buckets"])
        with cases.scene("from bindings"):
            from_bindings(cases, tools, expected)
        with cases.scene("from files"):
            from_files(cases, tools, expected)
        with cases.scene("failures"):
            failures(cases, tools)
    cases.finish()


def from_bindings(cases, tools, expected):
    tools.configure()
    for source, variables in tools.facts["environments"].items():
        cases.equal(f"the AWS CLI lists buckets: {source}", tools.cli(**variables), expected)
        cases.equal(f"boto3 lists buckets: {source}", tools.boto3(**variables), expected)
    printed = json.loads(tools.run(**variables).stdout)
    wanted = ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken", "Version"]
    cases.equal("what is printed is what AWS documents", (sorted(printed), printed["Version"]), (wanted, 1))


def from_files(cases, tools, expected):
    for name in ("rsa-2048", "p256", "chain"):
        tools.configure(*files(tools.facts, name))
        cases.equal(f"the AWS CLI lists buckets: {name}", tools.cli(), expected)
    cases.equal("boto3 lists buckets: chain", tools.boto3(), expected)
    tools.configure(*files(tools.facts, "p256"), "--session-duration", "900", "--region", tools.facts["region"], "--with-proxy")
    cases.equal("further options of the helper are taken", tools.cli(), expected)


def failures(cases, tools):
    facts = tools.facts
    for name, told in (("other-key", "fits none of its certificates"), ("expired", "expired on"), ("foreign", "does not chain")):
        done = tools.run(*files(facts, name))
        cases.equal(f"nothing on stdout: {name}", (done.returncode, done.stdout), (1, ""))
        cases.check(f"one line tells why: {name}", told in done.stderr and done.stderr.count("\n") == 1, done.stderr)
    for words, told in (
        (["--certificate", "/nowhere.pem", *files(facts, "p256")[2:]], "/nowhere.pem can't be read"),
        (files(facts, "p256")[:-6], "--profile-arn is missing"),
        (["--tpm-key-password", "x"], "not supported"),
        ([*files(facts, "p256"), "--role-arn", "x"], "option --role-arn"),
    ):
        done = tools.run(*words)
        cases.equal(f"exit code 1 and nothing on stdout: {told}", (done.returncode, done.stdout), (1, ""))
        cases.check(f"one line: {told}", told in done.stderr and done.stderr.count("\n") == 1, done.stderr)
    done = tools.run()
    cases.check("without bindings and options it says what is missing", done.returncode == 1 and "credential_source" in done.stderr, done.stderr)
    tools.configure(*files(facts, "expired"))
    cases.check("the AWS CLI shows our reason", "expired on" in tools.cli(), tools.cli())


if __name__ == "__main__":
    main()
