"""What `btp-s3-catalog setup` writes, before judges that share nothing with it.

    python tests/deploy/setup.py --binary target/release/btp-s3-catalog

cfn-lint reads the templates, python-hcl2 the Terraform, parliament the policies, shellcheck the
scripts; the scripts run against stand-ins of the cf, aws and terraform CLIs. Each judge is shown
something broken as well, which it must find. Needs bash and jq.
"""

import argparse
import base64
import copy
import json
import re
import shlex
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases
from descriptors import Descriptors
from rules import SERVICES
from setup_world import HOSTNAME, SUBJECT, VALUES, Space, certificates, cloudformation, terraform

with warnings.catch_warnings():
    # it imports pkg_resources, which warns of its own end
    warnings.simplefilter("ignore")
    from parliament import analyze_policy_string

TOOLS = Path(sys.executable).parent
TAG = ("cost center", "a/b: c")
PASSWORD = "correct-horse'\"$(x)"
KEY_STORE = b"\x30\x82 not a key store, but bytes"
HOSTILE = ["a b", "a'b", 'a"b', "$(id)", "${x}", "`id`", "a\nb", "a#b", "a: b", "*", "%{x}", "\\", "-", "é", ""]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True, type=Path)
    binary = parser.parse_args().binary.resolve()
    cases = Cases()
    with tempfile.TemporaryDirectory() as scratch:
        world = World(binary, Path(scratch))
        stacks = {}
        for source in SOURCES:
            for mode in ("read", "readwrite"):
                for buckets in ("new", "existing"):
                    with cases.scene(f"{source}, {mode}, {buckets} buckets"):
                        stacks[source, mode, buckets] = stack(cases, world, source, mode, buckets)
        with cases.scene("cfn-lint"):
            linted(cases, world)
        for source in SOURCES:
            for format_ in ("cloudformation", "terraform"):
                with cases.scene(f"the script for {source} and {format_}"):
                    script(cases, world, source, format_, stacks[source, "read", "new"])
        with cases.scene("judges that are shown something broken"):
            broken(cases, world)
        with cases.scene("hostile options"):
            hostile(cases, world)
    cases.finish()


SOURCES = {
    "roles-anywhere": [],
    "oidc": ["--issuer", "https://mytenant.accounts.ondemand.com"],
    "credential-store": [],
}


class World:
    """The binary, a folder, and the project's own descriptors."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.certificates = certificates(folder)
        self.templates = folder / "templates"
        self.templates.mkdir()
        self.project = Descriptors()

    def run(self, *arguments):
        return subprocess.run([self.binary, "setup", *arguments], capture_output=True, text=True, timeout=60)

    def aws(self, source, mode, buckets, format_):
        more = ["--certificate", self.certificates] if source == "roles-anywhere" else SOURCES[source]
        kept = ["--existing-buckets"] if buckets == "existing" else []
        command = ["aws", "--source", source, "--bucket", "my-documents", "--mode", mode, "--format", format_]
        ran = self.run(*command, "--tag", "team=no", *more, *kept)
        again = self.run(*command, "--tag", "team=no", *more, *kept)
        if ran.returncode or ran.stdout != again.stdout:
            raise ValueError(f"{ran.stderr}, or not the same twice")
        return ran.stdout


def stack(cases, world, source, mode, buckets):
    """Both formats say the same, and this is what the project's policies say; answers the settings."""
    name = f"{source}, {mode}, {buckets} buckets"
    template = world.aws(source, mode, buckets, "cloudformation")
    (world.templates / f"{source}-{mode}-{buckets}.yaml").write_text(template)
    configuration = world.aws(source, mode, buckets, "terraform")
    policies, settings = cloudformation(template)
    cases.equal(f"{name}: Terraform says the same", terraform(configuration), (policies, settings))
    for kind, policy in policies.items():
        cases.equal(f"{name}: parliament reads the {kind} policy", parliament(kind, policy), [])
    file = world.project.aws["role-permissions-write" if mode == "readwrite" else "role-permissions"]
    cases.equal(f"{name}: the role may what deploy/aws says", policies["role"], file)
    cases.equal(f"{name}: the trust policy fits deploy/aws", trust_differs(world, source, policies["trust"]), [])
    if "user" in policies:
        cases.equal(f"{name}: the user may what deploy/aws says", policies["user"], world.project.aws["user-permissions-credential-store"])
    cases.equal(f"{name}: there are rules that end uploads", ends_uploads(template, configuration), buckets == "new")
    warned = [text.count("WARNING") for text in (template, configuration)]
    cases.equal(f"{name}: a warning stands before the bucket policies", warned, [1, 1])
    for kind in ("trust", "role", "user"):
        if kind in policies:
            file = world.folder / "policy.json"
            file.write_text(json.dumps(policies[kind]))
            ran = world.run("lint", file)
            cases.equal(f"{name}: setup lint finds nothing in the {kind} policy", (ran.returncode, ran.stdout), (0, ""))
    return settings


def parliament(kind, policy):
    """What it says. Trust policies it reads as if they named the role, which AWS does for them; it
    knows no OIDC providers and claims but those of a list."""
    policy = copy.deepcopy(policy)
    known = set()
    if kind == "trust":
        known = {"UNKNOWN_FEDERATION_SOURCE"}
        for statement in policy["Statement"]:
            statement["Resource"] = VALUES["Role.Arn"]
            if "Federated" in statement["Principal"]:
                known.add("UNKNOWN_CONDITION_FOR_ACTION")
    found = analyze_policy_string(json.dumps(policy)).findings
    return [str(finding) for finding in found if finding.issue not in known]


def trust_differs(world, source, policy):
    """Against the example of deploy/aws: the same principals, actions and kinds of pins."""
    names = {"roles-anywhere": "trust-roles-anywhere-own-ca", "oidc": "trust-oidc", "credential-store": "trust-credential-store"}
    example = world.project.aws[names[source]]["Statement"][0]
    seen = policy["Statement"][0]
    problems = [f"{key} is {seen[key]}" for key in ("Effect", "Principal", "Action") if seen[key] != example[key]]
    for operator, keys in example["Condition"].items():
        problems += [f"{key} is not pinned" for key in keys if key not in seen["Condition"].get(operator, {})]
    if source == "roles-anywhere":
        pins = seen["Condition"]["StringEquals"]
        for oid, _ in SUBJECT:
            field = {"countryName": "C", "organizationName": "O", "localityName": "L", "organizationalUnitName": "OU", "commonName": "CN"}[oid._name]
            value = "/".join(value for other, value in SUBJECT if other == oid)
            pinned = pins.get(f"aws:PrincipalTag/x509Subject/{field}")
            problems += [] if pinned == value else [f"{field} is {pinned!r}, not {value!r}"]
    return problems


def ends_uploads(template, configuration):
    rules = ["AbortIncompleteMultipartUpload:" in template, "abort_incomplete_multipart_upload {" in configuration]
    return all(rules) if len(set(rules)) == 1 else rules


def linted(cases, world):
    ran = subprocess.run([TOOLS / "cfn-lint", *sorted(world.templates.glob("*.yaml"))], capture_output=True, text=True)
    cases.equal("cfn-lint finds nothing in any template", (ran.returncode, ran.stdout), (0, ""))


def script(cases, world, source, format_, settings):
    name = f"{source}, {format_}"
    options = ["btp", "--source", source, "--bucket", "my-documents", "--region", "eu-central-1", "--format", format_]
    options += ["--existing-buckets", "--tag", f"{TAG[0]}={TAG[1]}"]
    text = world.run(*options).stdout
    cases.equal(f"{name}: twice the same script", world.run(*options).stdout, text)
    cases.equal(f"{name}: shellcheck finds nothing", shellcheck(text), "")
    space = Space(world.folder / f"{source}-{format_}", text, settings)
    services(cases, name, world, source, space)
    facts(cases, name, world, space)
    if source == "roles-anywhere":
        certificate(cases, name, space)
    ran, calls = space.run("settings")
    made = next((c for c in calls if c["arguments"][0] == "create-user-provided-service"), None)
    written = json.loads(next(iter(made["files"].values()))) if made else ran.stderr
    example = world.project.cf[source]
    wanted = {"destination" if key == "certificate" else key for key in example} | {"buckets"}
    cases.equal(f"{name}: the settings are those of deploy/cf, and the buckets", set(written), wanted)
    cases.check(f"{name}: every setting is known", set(written) <= world.project.settings, written)
    cases.equal(f"{name}: the stack's settings are taken over", {k: written[k] for k in settings}, settings)
    cases.equal(f"{name}: tagged as the service looks for it", made["arguments"][-2:], ["-t", "s3-catalog"])
    _, calls = space.run("bindings")
    bound = {c["arguments"][2]: json.loads(c["arguments"][4]) if len(c["arguments"]) > 3 else None for c in calls}
    application = next(a for a in world.project.manifest["applications"] if a["name"] == "btp-s3-catalog")
    wanted = {s["name"]: s.get("parameters") for s in application["services"]}
    if source != "roles-anywhere":
        wanted.pop("catalog-destination")
    if source == "credential-store":
        wanted["catalog-credstore"] = None
    cases.equal(f"{name}: binds as manifest.yml does", bound, wanted)
    ran, calls = space.run("nonsense")
    cases.equal(f"{name}: an unknown step does nothing", (ran.returncode, calls), (64, []))


def services(cases, name, world, source, space):
    ran, calls = space.run("services")
    made = {c["arguments"][3]: c["arguments"] for c in calls if c["arguments"][0] == "create-service"}
    extra = {"roles-anywhere": {"catalog-destination"}, "oidc": set(), "credential-store": {"catalog-credstore"}}[source]
    cases.equal(f"{name}: makes the instances that it needs", set(made), {"catalog-identity", "catalog-privatelink"} | extra)
    offered = {instance: tuple(arguments[1:3]) for instance, arguments in made.items()}
    cases.equal(f"{name}: with the plans of mta.yaml", offered, {i: SERVICES[i] for i in made})
    parameters = {instance: json.loads(arguments[arguments.index("-c") + 1]) for instance, arguments in made.items()}
    cases.equal(f"{name}: the identity parameters are deploy/cf's", parameters["catalog-identity"], world.project.cf["identity"])
    link = parameters["catalog-privatelink"]
    cases.equal(f"{name}: Private Link as deploy/cf has it", link["serviceName"], world.project.cf["privatelink"]["serviceName"])
    wanted = copy.deepcopy(world.project.aws["role-permissions"])
    for statement in wanted["Statement"]:
        del statement["Sid"], statement["Condition"]
        statement["Principal"] = "*"
    cases.equal(f"{name}: the endpoint lets pass what the role may", link.get("policyDocument"), wanted)
    cases.equal(f"{name}: parliament reads the endpoint policy", parliament("endpoint", link["policyDocument"]), [])
    space.answers[0][2] = 0
    _, calls = space.run("services")
    cases.equal(f"{name}: what exists is left", [c for c in calls if c["arguments"][0] != "service"], [])
    space.answers[0][2] = 1


def facts(cases, name, world, space):
    """What is printed is a command that writes the AWS side."""
    ran, calls = space.run("facts")
    words = shlex.split(ran.stdout)
    words = [str(world.certificates) if w == "FILE" else "a-random-text" if w == "RANDOM-TEXT" else w for w in words]
    cases.check(f"{name}: the command names the endpoint", HOSTNAME in words, ran.stdout + ran.stderr)
    words[words.index("--out") + 1] = str(space.folder / "written")
    written = world.run(*words[2:])
    cases.equal(f"{name}: the command writes a file", (written.returncode, written.stderr), (0, ""))
    text = Path(written.stdout.strip()).read_text()
    cases.check(f"{name}: with the endpoint in it", VALUES["VpcEndpointId"] in text and "parameter-overrides" not in text)
    cases.check(f"{name}: and what setup btp was told", TAG[0] in text and TAG[1] in text and "The buckets exist already" in text, text)
    deleted = [c for c in calls if c["arguments"][0] == "delete-service-key"]
    made = [c for c in calls if c["arguments"][0] == "create-service-key"]
    cases.equal(f"{name}: no service key is left behind", len(deleted), len(made))


def certificate(cases, name, space):
    file = space.folder / "store.p12"
    file.write_bytes(KEY_STORE)
    ran, calls = space.run("certificate", str(file), said=PASSWORD + "\n")
    cases.check(f"{name}: no argument and no output has the password", PASSWORD not in str([c["arguments"] for c in calls]) + ran.stdout + ran.stderr, calls)
    instance = json.loads(next(iter(calls[0]["files"].values())))["init_data"]["instance"]
    destination = instance["destinations"][0]
    cases.equal(f"{name}: the key store goes up as it is", base64.b64decode(instance["certificates"][0]["Content"]), KEY_STORE)
    cases.equal(f"{name}: the destination names it", destination["KeyStoreLocation"], instance["certificates"][0]["Name"])
    cases.equal(f"{name}: and has its password", destination["KeyStorePassword"], PASSWORD)
    cases.check(f"{name}: the file with it is gone", not any(Path(path).exists() for path in calls[0]["files"]))
    _, calls = space.run("certificate", said="\n")
    instance = json.loads(next(iter(calls[0]["files"].values())))["init_data"]["instance"]
    cases.equal(f"{name}: without a file only the destination", (instance["certificates"], "KeyStorePassword" in instance["destinations"][0]), ([], False))


def shellcheck(text):
    ran = subprocess.run([TOOLS / "shellcheck", "--shell", "bash", "-"], input=text, capture_output=True, text=True)
    return ran.stdout + ran.stderr


def broken(cases, world):
    """Judges that can't say no prove nothing."""
    good = world.aws("credential-store", "readwrite", "new", "cloudformation")
    file = world.folder / "broken.yaml"
    file.write_text(good.replace("AWS::IAM::UserPolicy", "AWS::IAM::UserPolitics"))
    ran = subprocess.run([TOOLS / "cfn-lint", file], capture_output=True, text=True)
    cases.check("cfn-lint finds an unknown type", ran.returncode != 0 and "UserPolitics" in ran.stdout, ran.stdout)
    configuration = world.aws("credential-store", "readwrite", "new", "terraform")
    cases.check("python-hcl2 finds a lost brace", raises(terraform, configuration.replace("}\n", "\n", 1)))
    policies, _ = cloudformation(good.replace("s3:PutObjectTagging", "s3:PutObjectTags"))
    cases.check("parliament finds an unknown action", parliament("role", policies["role"]) != [])
    policies, _ = cloudformation(good.replace(":my-documents/*", ":my-documents"))
    cases.check("parliament finds a resource that the actions can't be about", parliament("role", policies["role"]) != [])
    text = world.run("btp", "--source", "oidc", "--bucket", "my-documents", "--region", "eu-central-1").stdout
    cases.check("shellcheck finds lost quotes", "SC2086" in shellcheck(text.replace('"$scratch/key"', "$scratch/key")))
    policies, _ = cloudformation(good)
    cases.check("another principal is found", trust_differs(world, "oidc", policies["trust"]) != [])
    spoiled = Space(world.folder / "spoiled", text.replace('"serviceName": ', '"serviceName" '), {})
    _, calls = spoiled.run("services")
    cases.check("JSON that is none is found", raises(lambda: [json.loads(c["arguments"][5]) for c in calls if c["arguments"][0] == "create-service"]))


def raises(function, *arguments):
    try:
        function(*arguments)
    except Exception:
        return True
    return False


def hostile(cases, world):
    """No option takes what could end a quote, a line or a name; all are told at once."""
    taken = []
    fixed = {"aws": [], "btp": ["--region", "eu-central-1"]}
    for side, source, options in [
        ("aws", "oidc", ["bucket", "name", "tag", "vpc-endpoint", "private-link-host", "issuer", "client-id", "oidc-provider-arn", "mode", "format"]),
        ("aws", "roles-anywhere", ["trust-anchor-arn", "pin", "certificate"]),
        ("aws", "credential-store", ["external-id"]),
        ("btp", "roles-anywhere", ["region", "role-arn", "trust-anchor-arn", "profile-arn", "certificate-name", "tag"]),
    ]:
        for option in options:
            for text in HOSTILE:
                for value in (text, f"{GOOD.get(option, 'a')}{text}"):
                    ran = world.run(side, "--source", source, "--bucket", "my-documents", *fixed[side], f"--{option}={value}")
                    if ran.returncode != 64 or ran.stdout or not re.search(rf"--{option} ", ran.stderr):
                        taken.append((option, value, ran.returncode))
    known = {"tag": {"a b", "a: b", "é", "-", ""}, "pin": {"a b", "a: b", "é", "-", ""}}
    plain = [(o, v, code) for o, v, code in taken if v.removeprefix(GOOD.get(o, "a")) not in known.get(o, HARMLESS)]
    cases.equal("every hostile value is refused with its option's name", plain, [])
    cases.check("harmless ones are not", len(taken) > len(plain), taken)


# what may follow a good value and is one then, or stands for itself
HARMLESS = {"", "-"}
GOOD = {
    "tag": "a=b", "pin": "x509Subject/CN=a", "vpc-endpoint": VALUES["VpcEndpointId"], "private-link-host": HOSTNAME,
    "issuer": "https://a.example", "client-id": "a", "oidc-provider-arn": VALUES["Provider.Arn"], "mode": "read",
    "format": "terraform", "trust-anchor-arn": VALUES["TrustAnchor.TrustAnchorArn"], "external-id": "abc", "region": "eu-central-1",
    "role-arn": VALUES["Role.Arn"], "profile-arn": VALUES["Profile.ProfileArn"], "certificate-name": "a.p12", "bucket": "abc", "name": "abc",
}


if __name__ == "__main__":
    main()
