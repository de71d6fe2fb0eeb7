"""Checks deploy/kyma/catalog.yaml: Kubernetes' schemas, and what must fit together in it.

    python tests/deploy/kyma.py

The schemas of Kubernetes are those of the package kubernetes-validate. SAP's and Kyma's own kinds
have none that can be had without a cluster: their keys are those of the CRDs of the SAP BTP
service operator and of Kyma's API gateway. Each rule is shown a fault that it must find.
"""

import copy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import kubernetes_validate
import yaml

from ci.judging import Cases
from descriptors import Descriptors
from rules import EXAMPLE_ACCOUNT, SERVICES

ROOT = Path(__file__).resolve().parents[2]
# the oldest that is looked at; Kyma is a few versions ahead
KUBERNETES = "1.30"
SPECS = {
    "ServiceInstance": {
        "serviceOfferingName", "servicePlanName", "servicePlanID", "externalName", "parameters", "parametersFrom",
        "customTags", "shared", "btpAccessCredentialsSecret", "dataCenter", "watchParametersFromChanges",
    },
    "ServiceBinding": {
        "serviceInstanceName", "serviceInstanceNamespace", "secretName", "secretKey", "secretRootKey", "secretTemplate",
        "externalName", "parameters", "parametersFrom", "credentialsRotationPolicy",
    },
    "APIRule": {"hosts", "gateway", "service", "rules", "timeout", "corsPolicy"},
}
ROTATION = {"enabled", "rotationFrequency", "rotatedBindingTTL"}
RULE = {"path", "methods", "noAuth", "jwt", "extAuth", "service", "timeout", "request"}


class Manifest:
    def __init__(self, text, descriptors):
        self.all = list(yaml.safe_load_all(text))
        self.descriptors = descriptors

    def of(self, kind):
        return [it for it in self.all if it["kind"] == kind]

    def one(self, kind):
        (found,) = self.of(kind)
        return found

    @property
    def pod(self):
        return self.one("Deployment")["spec"]["template"]["spec"]

    @property
    def container(self):
        (found,) = self.pod["containers"]
        return found

    @property
    def settings(self):
        return self.one("ConfigMap")["data"]


def schemas(m):
    """Kubernetes' kinds follow its schemas, SAP's and Kyma's have no unknown keys."""
    problems = []
    for it in m.all:
        if it["kind"] in SPECS:
            problems += [f"{it['kind']}: {key}" for key in set(it["spec"]) - SPECS[it["kind"]]]
            continue
        try:
            kubernetes_validate.validate(it, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{it['kind']}: {error.message}")
    for it in m.of("ServiceBinding"):
        problems += sorted(set(it["spec"].get("credentialsRotationPolicy", {})) - ROTATION)
    for rule in m.one("APIRule")["spec"]["rules"]:
        problems += sorted(set(rule) - RULE)
    return problems


def bindings(m):
    """Each instance is bound, and each binding's secret is a folder below SERVICE_BINDING_ROOT."""
    instances = {it["metadata"]["name"]: it["spec"] for it in m.of("ServiceInstance")}
    problems = []
    for name, spec in instances.items():
        if SERVICES.get(name) != (spec["serviceOfferingName"], spec["servicePlanName"]):
            problems.append(f"{name} is another service than on Cloud Foundry")
    bound = {it["spec"]["serviceInstanceName"] for it in m.of("ServiceBinding")}
    problems += [] if bound == set(instances) else [f"bound are {sorted(bound)}"]
    root = {it["name"]: it["value"] for it in m.container["env"]}["SERVICE_BINDING_ROOT"]
    folders = {it["mountPath"].rpartition("/")[0]: it["name"] for it in m.container["volumeMounts"]}
    problems += [] if set(folders) == {root} else [f"mounted in {sorted(folders)}, not in {root}"]
    volumes = {it["name"]: it["secret"]["secretName"] for it in m.pod["volumes"]}
    mounted = {volumes.get(it["name"]) for it in m.container["volumeMounts"]}
    secrets = {it["spec"].get("secretName", it["metadata"]["name"]) for it in m.of("ServiceBinding")}
    return problems + ([] if mounted == secrets else [f"mounted are {mounted}, secrets are {secrets}"])


def identity(m):
    """The identity instance and its binding are those of Cloud Foundry."""
    instance = next(it for it in m.of("ServiceInstance") if it["spec"]["serviceOfferingName"] == "identity")
    expected = copy.deepcopy(m.descriptors.cf["identity"])
    # addresses of the approuter there
    for key in ("redirect-uris", "post-logout-redirect-uris"):
        expected["oauth2-configuration"].pop(key, None)
    problems = [] if instance["spec"]["parameters"] == expected else ["parameters differ from deploy/cf/identity.json"]
    services = m.descriptors.manifest["applications"][0]["services"]
    wanted = next(it["parameters"] for it in services if it["name"] == "catalog-identity")
    binding = next(it for it in m.of("ServiceBinding") if it["spec"]["serviceInstanceName"] == "catalog-identity")
    problems += [] if binding["spec"]["parameters"] == wanted else ["the binding differs from manifest.yml"]
    days, hours = wanted["validity"], binding["spec"]["credentialsRotationPolicy"]["rotationFrequency"]
    return problems + ([] if int(hours.removesuffix("h")) < days * 24 else ["the certificate ends before it is rotated"])


def settings(m):
    """Settings exist, are texts, and name the example account."""
    problems = []
    for name, value in m.settings.items():
        key = name.removeprefix("CATALOG_").lower()
        problems += [] if key in m.descriptors.settings and name.isupper() else [f"{name} is no setting"]
        problems += [] if isinstance(value, str) else [f"{name} is no text"]
    problems += [] if EXAMPLE_ACCOUNT in m.settings["CATALOG_ROLE_ARN"] else ["another account than the example's"]
    return problems


def operation(m):
    """Probes, ends and rights of the pod are as the service needs them."""
    problems = []
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if m.container[probe]["httpGet"]["path"] != "/health/live":
            problems.append(f"{probe} asks another path")
    if int(m.settings["CATALOG_DRAIN_SECONDS"]) >= m.pod["terminationGracePeriodSeconds"]:
        problems.append("the platform kills before running requests had their time")
    rights = m.container["securityContext"]
    if rights["allowPrivilegeEscalation"] or not rights["readOnlyRootFilesystem"] or rights["capabilities"]["drop"] != ["ALL"]:
        problems.append("the container has rights that the service needs not")
    if not m.pod["securityContext"]["runAsNonRoot"] or m.pod["automountServiceAccountToken"]:
        problems.append("the pod has rights that the service needs not")
    version = m.descriptors.cargo["workspace"]["package"]["version"]
    return problems + ([] if m.container["image"].endswith(f":{version}") else ["another version's image"])


def network(m):
    """Requests get from the host to the pods, with every method that the service answers."""
    service, rule = m.one("Service"), m.one("APIRule")["spec"]
    problems = []
    deployment = m.one("Deployment")["spec"]
    if service["spec"]["selector"] != deployment["template"]["metadata"]["labels"]:
        problems.append("the Service selects other pods")
    (port,) = service["spec"]["ports"]
    (listening,) = m.container["ports"]
    variables = {it["name"]: it["value"] for it in m.container["env"]}
    if port["targetPort"] != listening["name"] or variables["PORT"] != str(listening["containerPort"]):
        problems.append("the Service leads to another port")
    if rule["service"] != {"name": service["metadata"]["name"], "port": port["port"]}:
        problems.append("the APIRule leads to another Service")
    methods = {method for it in rule["rules"] for method in it["methods"]}
    return problems + sorted({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} - methods)


FAULTS = {
    schemas: [
        lambda m: m.pod.update(terminationGracePeriod=3),
        lambda m: m.container.pop("name"),
        lambda m: m.of("ServiceBinding")[0]["spec"].update(credentialsRotationConfig={}),
        lambda m: m.one("APIRule")["spec"]["rules"][0].update(noauth=True),
    ],
    bindings: [
        lambda m: m.of("ServiceBinding")[0]["spec"].update(serviceInstanceName="x"),
        lambda m: m.of("ServiceBinding")[0]["spec"].update(secretName="x"),
        lambda m: m.of("ServiceInstance")[0]["spec"].update(servicePlanName="standard"),
        lambda m: m.container["volumeMounts"][0].update(mountPath="/secrets/catalog-identity"),
    ],
    identity: [
        lambda m: m.of("ServiceInstance")[0]["spec"]["parameters"].pop("provided-apis"),
        lambda m: m.of("ServiceBinding")[0]["spec"]["parameters"].update(validity=3),
        lambda m: m.of("ServiceBinding")[0]["spec"]["credentialsRotationPolicy"].update(rotationFrequency="720h"),
    ],
    settings: [
        lambda m: m.settings.update(CATALOG_ROLE="x"),
        lambda m: m.settings.update(CATALOG_ROLE_ARN="arn:aws:iam::999999999999:role/x"),
    ],
    operation: [
        lambda m: m.container["readinessProbe"]["httpGet"].update(path="/health/ready"),
        lambda m: m.settings.update(CATALOG_DRAIN_SECONDS="55"),
        lambda m: m.container["securityContext"].update(readOnlyRootFilesystem=False),
        lambda m: m.pod["securityContext"].update(runAsNonRoot=False),
        lambda m: m.container.update(image="registry.example/btp-s3-catalog:latest"),
    ],
    network: [
        lambda m: m.one("Service")["spec"]["selector"].update(app="x"),
        lambda m: m.one("Service")["spec"]["ports"][0].update(targetPort="web"),
        lambda m: m.one("APIRule")["spec"]["service"].update(port=80),
        lambda m: m.one("APIRule")["spec"]["rules"][0]["methods"].remove("PATCH"),
    ],
}


def main():
    text = (ROOT / "deploy/kyma/catalog.yaml").read_text()
    descriptors = Descriptors()
    cases = Cases()
    for rule, faults in FAULTS.items():
        name = rule.__doc__.splitlines()[0]
        cases.equal(name, rule(Manifest(text, descriptors)), [])
        for number, bend in enumerate(faults, 1):
            bent = Manifest(text, descriptors)
            bend(bent)
            with cases.scene(f"{name}, bent"):
                cases.check(f"fault {number} is found: {name}", rule(bent) != [])
    cases.finish()


if __name__ == "__main__":
    main()
