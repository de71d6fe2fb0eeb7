"""What the judge of `setup` needs around it: certificates, readers of templates, stand-ins of CLIs."""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import hcl2
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# what stands in place of what only AWS knows
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "VpcEndpointId": "vpce-068c84244a1b70734",
    "ClientId": "1aa234ca-faed-4fb2-966e-7c86262ba93c",
    "ExternalId": "a-random-text",
    "TrustAnchor.TrustAnchorArn": "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/11111111-2222-3333-4444-555555555555",
    "Profile.ProfileArn": "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/66666666-7777-8888-9999-000000000000",
    "Role.Arn": "arn:aws:iam::123456789012:role/btp-s3-catalog",
    "User": "btp-s3-catalog",
    "User.Arn": "arn:aws:iam::123456789012:user/btp-s3-catalog",
    "Provider.Arn": "arn:aws:iam::123456789012:oidc-provider/mytenant.accounts.ondemand.com",
}
IN_TERRAFORM = {
    "data.aws_partition.current.partition": "AWS::Partition",
    "data.aws_region.current.id": "AWS::Region",
    "var.vpc_endpoint_id": "VpcEndpointId",
    "var.client_id": "ClientId",
    "var.external_id": "ExternalId",
    "aws_rolesanywhere_trust_anchor.catalog.arn": "TrustAnchor.TrustAnchorArn",
    "aws_rolesanywhere_profile.catalog.arn": "Profile.ProfileArn",
    "aws_iam_role.catalog.arn": "Role.Arn",
    "aws_iam_user.catalog.name": "User",
    "aws_iam_user.catalog.arn": "User.Arn",
    "aws_iam_openid_connect_provider.catalog.arn": "Provider.Arn",
}
HOSTNAME = "*.vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.com"

# fields that a careless writer of YAML or HCL would read as something else
SUBJECT = [
    (NameOID.COUNTRY_NAME, "NO"),
    (NameOID.ORGANIZATION_NAME, "yes"),
    (NameOID.LOCALITY_NAME, "2026-11-28"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "- key: value = @x"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "Änderung Ω"),
    (NameOID.COMMON_NAME, "btp-s3-catalog"),
]


def certificates(folder):
    """An own CA with a certificate of it, in one file; the path."""
    root, key = _signed([(NameOID.COMMON_NAME, "Example: Root CA")], None, None, ca=True)
    leaf, _ = _signed(SUBJECT, root, key, ca=False)
    path = Path(folder) / "certificates.pem"
    path.write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (leaf, root)))
    return path


def _signed(name, issuer, issuer_key, ca):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in name])
    now = datetime.datetime.now(datetime.timezone.utc)
    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
         "encipher_only", "decipher_only"], False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, **usage), critical=True)
        .sign(issuer_key or key, hashes.SHA256())
    )
    return certificate, key


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms, resolved with VALUES."""


_Template.add_constructor("!Ref", lambda loader, node: VALUES[node.value])
_Template.add_constructor("!GetAtt", lambda loader, node: VALUES[node.value])
_Template.add_constructor(
    "!Sub", lambda loader, node: re.sub(r"\$\{([^}!]+)\}", lambda found: VALUES[found[1]], node.value))


def cloudformation(text):
    """Policies by name, and the settings, as AWS would make them of a template."""
    template = yaml.load(text, _Template)
    policies = {}
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::IAM::Role":
            policies["trust"] = properties["AssumeRolePolicyDocument"]
            policies["role"] = properties["Policies"][0]["PolicyDocument"]
        elif resource["Type"] == "AWS::IAM::UserPolicy":
            policies["user"] = properties["PolicyDocument"]
        elif resource["Type"] == "AWS::S3::BucketPolicy" and properties["Bucket"] == "my-documents":
            policies["bucket"] = properties["PolicyDocument"]
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    settings = json.loads(outputs.pop("Settings"))
    camel = {key.title().replace("_", ""): value for key, value in settings.items()}
    if camel != outputs:
        raise ValueError(f"the outputs {outputs} are not the settings {settings}")
    return policies, settings


def terraform(text):
    """The same of a Terraform configuration."""
    for reference, name in IN_TERRAFORM.items():
        text = text.replace("${" + reference + "}", VALUES[name])
        text = re.sub(rf"(= |\[|\(){re.escape(reference)}(?=[\],)\n])", rf'\g<1>"{VALUES[name]}"', text)
    text = text.replace("${each.key}", "my-documents")
    parsed = _plain(hcl2.loads(text))
    resources = {}
    for block in parsed["resource"]:
        for kind, named in block.items():
            resources[kind] = next(iter(named.values()))
    document = lambda kind, key: _jsonencode(resources[kind][key])
    policies = {
        "trust": document("aws_iam_role", "assume_role_policy"),
        "role": document("aws_iam_role_policy", "policy"),
        "bucket": document("aws_s3_bucket_policy", "policy"),
    }
    if "aws_iam_user_policy" in resources:
        policies["user"] = document("aws_iam_user_policy", "policy")
    outputs = {name: value["value"] for block in parsed["output"] for name, value in block.items()}
    settings = outputs.pop("settings")
    if settings != outputs:
        raise ValueError(f"the outputs {outputs} are not the settings {settings}")
    return policies, settings


def _jsonencode(expression):
    inside = re.fullmatch(r"\$\{jsonencode\((.*)\)\}", expression, re.DOTALL)[1]
    return _plain(hcl2.loads(f"x = {inside}\n"))["x"]


def _plain(value):
    """python-hcl2 keeps quotes and adds marks of its own."""
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and value.startswith('"'):
        # a heredoc keeps its line ends
        return json.loads(value, strict=False)
    return value


STAND_IN = """#!{python}
import json, os, sys
from pathlib import Path
call = dict(tool=Path(sys.argv[0]).name, arguments=sys.argv[1:], files=dict())
for argument in sys.argv[1:]:
    if argument.startswith("/") and Path(argument).is_file():
        call["files"][argument] = Path(argument).read_text()
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(call) + "\\n")
for words, text, code in json.loads(Path(os.environ["ANSWERS"]).read_text()):
    if sys.argv[1:1 + len(words)] == words:
        print(text)
        sys.exit(code)
"""


class Space:
    """A Cloud Foundry space of stand-ins: what the script asks is kept, and answered as told."""

    def __init__(self, folder, script, settings):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.script = self.folder / "btp.sh"
        self.script.write_text(script)
        for tool in ("cf", "aws", "terraform"):
            path = self.folder / tool
            path.write_text(STAND_IN.format(python=sys.executable))
            path.chmod(0o755)
        key = lambda credentials: "Getting key\n\n" + json.dumps({"credentials": credentials}, indent=1)
        identity = {"clientid": VALUES["ClientId"], "url": "https://mytenant.accounts.ondemand.com"}
        self.answers = [
            [["service"], "", 1],
            [["service-key", "catalog-privatelink"], key({"hostname": HOSTNAME}), 0],
            [["service-key", "catalog-identity"], key(identity), 0],
            [["cloudformation", "describe-stacks"], json.dumps(settings), 0],
            [["output", "-json", "settings"], json.dumps(settings), 0],
        ]

    def run(self, *step, said=""):
        """Runs a step of the script: the process, and the calls that it made."""
        (self.folder / "answers").write_text(json.dumps(self.answers))
        calls = self.folder / "calls"
        calls.write_text("")
        environment = {
            **os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}",
            "CALLS": str(calls), "ANSWERS": str(self.folder / "answers"),
        }
        ran = subprocess.run(
            ["bash", self.script, *step], input=said, env=environment, cwd=self.folder,
            capture_output=True, text=True, timeout=60)
        return ran, [json.loads(line) for line in calls.read_text().splitlines()]
