"""What must hold in the descriptors beyond SAP's schema; each rule answers with a list of problems.

The names of parameters are those of SAP's "List of Supported MTA Parameters" and of Cloud
Foundry's "App manifest attribute reference"; an unknown one is silently ignored by the platform,
so here it is a problem.
"""

import json
import re

from descriptors import against_schema
from people import PEOPLE_RULES

MANIFEST_KEYS = {"version", "applications"}
APPLICATION_KEYS = {
    "name", "path", "stack", "buildpacks", "command", "memory", "disk_quota", "instances", "timeout",
    "health-check-type", "health-check-http-endpoint", "health-check-interval",
    "health-check-invocation-timeout", "readiness-health-check-type",
    "readiness-health-check-http-endpoint", "readiness-health-check-interval",
    "readiness-health-check-invocation-timeout", "services", "routes", "env", "features",
}
MTA_KEYS = {
    "_schema-version", "ID", "version", "description", "provider", "parameters", "modules", "resources",
}
EXTENSION_KEYS = {"_schema-version", "ID", "extends", "parameters", "modules", "resources"}
MODULE_KEYS = {
    "name", "type", "path", "build-parameters", "parameters", "properties", "requires", "provides",
}
BUILD_KEYS = {
    "builder", "timeout", "commands", "build-result", "ignore", "requires", "supported-platforms", "no-source",
}
MODULE_PARAMETERS = {
    "app-features", "app-name", "buildpack", "command", "content", "disk-quota", "health-check-http-endpoint",
    "health-check-interval", "health-check-invocation-timeout", "health-check-timeout",
    "health-check-type", "instances", "keep-existing", "keep-existing-routes", "memory",
    "readiness-health-check-http-endpoint", "readiness-health-check-interval",
    "readiness-health-check-invocation-timeout", "readiness-health-check-type",
    "restart-on-env-change", "routes", "stack", "stage-timeout", "start-timeout", "upload-timeout",
}
TOP_PARAMETERS = {"enable-parallel-deployments", "keep-existing-routes"}
REQUIRES_KEYS = {"name", "parameters", "group", "properties"}
RESOURCE_KEYS = {"name", "type", "optional", "active", "parameters", "requires"}
MANAGED_PARAMETERS = {
    "service", "service-plan", "service-name", "service-tags", "config", "path",
    "fail-on-service-update", "skip-service-updates",
}
USER_PROVIDED_PARAMETERS = {"service-name", "service-tags", "config"}
USER_PROVIDED = "org.cloudfoundry.user-provided-service"
MANAGED = "org.cloudfoundry.managed-service"
OPTIONAL = {"catalog-xsuaa", "catalog-credstore"}
SERVICES = {
    "catalog-destination": ("destination", "lite"),
    "catalog-identity": ("identity", "application"),
    "catalog-privatelink": ("privatelink", "standard"),
    "catalog-xsuaa": ("xsuaa", "application"),
    "catalog-credstore": ("credstore", "standard"),
    "catalog-html5-host": ("html5-apps-repo", "app-host"),
    "catalog-html5-destination": ("destination", "lite"),
}
# what only mta.yaml deploys: the page for managed approuters
MTA_ONLY = {"catalog-html5-host", "catalog-html5-destination"}
SHELL = re.compile(r"[;&|<>$`*?(){}\[\]\"'\\~]")
EXAMPLE_ACCOUNT = "123456789012"
SCOPES = ["Read", "Write", "Admin"]


def schemas(d):
    """mta.yaml and the extensions follow SAP's schema."""
    problems = [f"mta.yaml {said}" for said in against_schema(d.mta, "mta.json")]
    for name, extension in d.extensions.items():
        problems += [f"{name} {said}" for said in against_schema(extension, "mtaext.json")]
    return problems


def known_keys(d):
    """No key that the platform would ignore."""
    problems = _unknown("manifest.yml", d.manifest, MANIFEST_KEYS)
    for application in d.manifest["applications"]:
        problems += _unknown("manifest.yml application", application, APPLICATION_KEYS)
        for service in application["services"]:
            problems += _unknown("manifest.yml service", service, {"name", "binding_name", "parameters"})
    problems += _unknown("mta.yaml", d.mta, MTA_KEYS)
    problems += _unknown("mta.yaml parameters", d.mta.get("parameters", {}), TOP_PARAMETERS)
    for name, extension in d.extensions.items():
        problems += _unknown(name, extension, EXTENSION_KEYS)
    for where, document in [("mta.yaml", d.mta), *d.extensions.items()]:
        for module in document.get("modules", []):
            problems += _unknown(f"{where} module", module, MODULE_KEYS)
            problems += _unknown(f"{where} module parameters", module.get("parameters", {}), MODULE_PARAMETERS)
            problems += _unknown(f"{where} build-parameters", module.get("build-parameters", {}), BUILD_KEYS)
            for required in module.get("requires", []):
                problems += _unknown(f"{where} requires", required, REQUIRES_KEYS)
        for resource in document.get("resources", []):
            problems += _unknown(f"{where} resource", resource, RESOURCE_KEYS)
            user_provided = _resources(d).get(resource["name"], {}).get("type") == USER_PROVIDED
            known = USER_PROVIDED_PARAMETERS if user_provided else MANAGED_PARAMETERS
            problems += _unknown(f"{where} {resource['name']}", resource.get("parameters", {}), known)
    return problems


def names(d):
    """Names are unique and resolve, and the manifest knows the same services."""
    provided = [p["name"] for module in d.mta["modules"] for p in module.get("provides", [])]
    all_names = [m["name"] for m in d.mta["modules"]] + [r["name"] for r in d.mta["resources"]] + provided
    problems = [f"name {name} is used twice" for name in set(all_names) if all_names.count(name) > 1]
    requiring = [*d.mta["modules"], *d.mta["resources"], *(m.get("build-parameters", {}) for m in d.mta["modules"])]
    required = [r["name"] for it in requiring for r in it.get("requires", [])]
    problems += [f"requires {name}, which does not exist" for name in set(required) - set(all_names)]
    problems += [f"resource {name} is required by nobody" for name in set(_resources(d)) - set(required)]
    always = {name for name, resource in _resources(d).items() if resource.get("active", True)} - MTA_ONLY
    in_manifest = {service["name"] for application in d.manifest["applications"] for service in application["services"]}
    if in_manifest != always:
        problems.append(f"manifest.yml binds {sorted(in_manifest)}, mta.yaml {sorted(always)}")
    for name, extension in d.extensions.items():
        modules = {m["name"] for m in extension.get("modules", [])} - {m["name"] for m in d.mta["modules"]}
        resources = {r["name"] for r in extension.get("resources", [])} - set(_resources(d))
        problems += [f"{name} extends unknown {sorted(modules | resources)}"] if modules | resources else []
        if extension["extends"] not in {d.mta["ID"], *(e["ID"] for e in d.extensions.values())}:
            problems.append(f"{name} extends {extension['extends']}, which does not exist")
    identifiers = [d.mta["ID"], *(e["ID"] for e in d.extensions.values())]
    problems += [] if len(set(identifiers)) == len(identifiers) else ["an ID is used twice"]
    return problems


def versions(d):
    """One version of the project, one version of the schema."""
    expected = d.cargo["workspace"]["package"]["version"]
    problems = [] if d.mta["version"] == expected else [f"mta.yaml version is not {expected}"]
    for name, extension in d.extensions.items():
        if extension["_schema-version"] != d.mta["_schema-version"]:
            problems.append(f"{name}: _schema-version differs from mta.yaml")
    return problems


def build(d):
    """Commands run without a shell, and what is built is what is started."""
    binary = d.cargo["bin"][0]["name"]
    problems = []
    module = d.mta["modules"][0]
    parameters = module["build-parameters"]
    if (module["type"], parameters.get("builder")) != ("binary", "custom"):
        problems.append("the module must be of type binary with builder custom")
    commands = parameters.get("commands") or []
    problems += [] if commands else ["builder custom needs commands"]
    for command in commands:
        if SHELL.search(command):
            problems.append(f"build command needs a shell: {command}")
    built, result = f"target/release/{binary}", parameters.get("build-result")
    if not any(command.startswith("cargo build --locked --release") for command in commands):
        problems.append("no command builds the locked release")
    if not any(c.split()[0] == "install" and c.split()[-2:] == [built, f"{result}/{binary}"] for c in commands):
        problems.append(f"no command installs {built} as {result}/{binary}")
    if _application(d)["path"] != result:
        problems.append(f"manifest.yml path is not {result}")
    for where, command in _both(d, "command", "command"):
        if command != f"exec ./{binary}":
            problems.append(f"{where}: start command must be exec ./{binary}, is {command}")
    return problems


def operation(d):
    """Memory, stack and health checks are as promised, the same in both descriptors."""
    expected = {
        ("memory", "memory"): "64M",
        ("stack", "stack"): "cflinuxfs4",
        ("health-check-type", "health-check-type"): "http",
        ("health-check-http-endpoint", "health-check-http-endpoint"): "/health/live",
        ("readiness-health-check-type", "readiness-health-check-type"): "http",
        ("readiness-health-check-http-endpoint", "readiness-health-check-http-endpoint"): "/health/live",
    }
    problems = []
    for (manifest_key, mta_key), value in expected.items():
        for where, seen in _both(d, manifest_key, mta_key):
            if seen != value:
                problems.append(f"{where}: {mta_key} must be {value}, is {seen}")
    for manifest_key, mta_key in (("disk_quota", "disk-quota"), ("instances", "instances")):
        (_, one), (_, other) = _both(d, manifest_key, mta_key)
        if one is None or one != other:
            problems.append(f"{mta_key} differs: {one}, {other}")
    if _application(d).get("buildpacks") != ["binary_buildpack"]:
        problems.append("manifest.yml must name the binary buildpack")
    if d.mta["modules"][0]["parameters"].get("buildpack") != "binary_buildpack":
        problems.append("mta.yaml must name the binary buildpack")
    text = "".join(d.sources.values())
    for path in ("/health/live", "/health/ready"):
        if f'"{path}"' not in text:
            problems.append(f"the code has no route {path}")
    return problems


def services(d):
    """Offerings, plans, optional resources and binding parameters."""
    problems = []
    for name, (offering, plan) in SERVICES.items():
        resource = _resources(d).get(name, {"parameters": {}})
        seen = (resource.get("type"), resource["parameters"].get("service"), resource["parameters"].get("service-plan"))
        if seen != (MANAGED, offering, plan):
            problems.append(f"{name} must be a managed service {offering} {plan}, is {seen}")
        optional = (resource.get("optional", False), resource.get("active", True))
        if optional != ((True, False) if name in OPTIONAL else (False, True)):
            problems.append(f"{name}: optional, active are {optional}")
    config = _resources(d).get("s3-catalog-config", {"parameters": {}})
    if config.get("type") != USER_PROVIDED or "s3-catalog" not in config["parameters"].get("service-tags", []):
        problems.append("s3-catalog-config must be user-provided and tagged s3-catalog")
    if _resources(d)["catalog-xsuaa"]["parameters"].get("path") != "./xs-security.json":
        problems.append("catalog-xsuaa must be made from xs-security.json")
    for application, module in zip(d.manifest["applications"], d.mta["modules"]):
        bound = {r["name"]: r.get("parameters", {}).get("config") for r in module["requires"]}
        if application["name"] != module["name"]:
            problems.append(f"manifest.yml has {application['name']} where mta.yaml has {module['name']}")
        for service in application["services"]:
            if service["name"] not in bound or service.get("parameters") != bound[service["name"]]:
                problems.append(f"{service['name']}: binding parameters differ between manifest.yml and mta.yaml")
        if (bound.get("catalog-identity") or {}).get("credential-type") != "X509_GENERATED":
            problems.append(f"{module['name']}: catalog-identity must be bound with an X.509 certificate")
    in_mta = {r["name"]: r.get("parameters", {}).get("config") for r in d.mta["modules"][0]["requires"]}
    destination = (in_mta.get("catalog-destination") or {}).get("xsuaa", {})
    if destination.get("credential-type") != "x509":
        problems.append("catalog-destination must be bound with an X.509 certificate")
    return problems


def configuration(d):
    """What the extensions configure is known, complete and of one region and account."""
    problems = []
    for where, config in _configurations(d):
        unknown = set(config) - d.settings
        problems += [f"{where}: settings {sorted(unknown)} are not in docs/reference/settings.md"] if unknown else []
        for value in config.values():
            arn = re.match(r"arn:aws:(iam|rolesanywhere):([a-z0-9-]*):(\d+):", str(value))
            if arn and arn[3] != EXAMPLE_ACCOUNT:
                problems.append(f"{where}: account {arn[3]} is not the example's")
            if arn and arn[1] == "rolesanywhere" and arn[2] != config.get("region"):
                problems.append(f"{where}: {value} is not in region {config.get('region')}")
    for name, extension in d.extensions.items():
        config = _parameters(extension, "s3-catalog-config").get("config")
        if config is None:
            continue
        source = config.get("credential_source")
        if name != f"{source}.mtaext":
            problems.append(f"{name} configures credential_source {source}")
        needed = {"region", "role_arn"}
        needed |= {"trust_anchor_arn", "profile_arn", "certificate"} if source == "roles-anywhere" else set()
        problems += [f"{name} lacks {sorted(needed - set(config))}"] if needed - set(config) else []
        link = _parameters(extension, "catalog-privatelink").get("config", {}).get("serviceName")
        if link != f"com.amazonaws.{config.get('region')}.s3":
            problems.append(f"{name}: Private Link service {link} is not S3 in region {config.get('region')}")
        if d.cf.get(source) != config:
            problems.append(f"deploy/cf/{source}.json differs from deploy/{name}")
        store = [r.get("active") for r in extension["resources"] if r["name"] == "catalog-credstore"]
        if (source == "credential-store") != (store == [True]):
            problems.append(f"{name}: catalog-credstore active is {store}")
    address = f"https://s3-catalog-{d.variables['suffix']}.{d.variables['domain']}"
    for file, resource in (("identity", "catalog-identity"), ("privatelink", "catalog-privatelink")):
        # cf has no ~{…}: what mta.yaml takes from the approuter's module stands there as an example
        config = json.dumps(_resources(d)[resource]["parameters"].get("config")).replace("~{s3-catalog-app/url}", address)
        if d.cf.get(file) != json.loads(config):
            problems.append(f"deploy/cf/{file}.json differs from mta.yaml")
    return problems


def scopes(d):
    """xs-security.json, the IAS APIs and the code speak of the same permissions."""
    problems = []
    declared = [scope["name"] for scope in d.security["scopes"]]
    if declared != [f"$XSAPPNAME.{scope}" for scope in SCOPES]:
        problems.append(f"xs-security.json declares {declared}")
    caller = "".join(text for path, text in d.sources.items() if path.startswith(("src/caller", "src/settings/callers")))
    enum = re.search(r"enum Scope \{(.*?)^\}", caller, re.MULTILINE | re.DOTALL)
    in_code = re.findall(r"^    (\w+),", enum[1], re.MULTILINE) if enum else []
    if in_code != SCOPES:
        problems.append(f"the code knows the scopes {in_code}")
    templates = {t["name"]: t["scope-references"] for t in d.security["role-templates"]}
    for references in templates.values():
        problems += [f"role template refers to {r}" for r in references if r not in declared]
    if sorted(map(len, templates.values())) != [1, 2, 3]:
        problems.append("each role must include the one below it")
    referenced = [r for c in d.security["role-collections"] for r in c["role-template-references"]]
    if sorted(referenced) != sorted(f"$XSAPPNAME.{name}" for name in templates):
        problems.append(f"role collections refer to {referenced}")
    apis = [api["name"] for api in d.cf["identity"]["provided-apis"]]
    if apis != [f"{scope.lower()}-catalog" for scope in SCOPES]:
        problems.append(f"the identity instance provides {apis}")
    problems += [f"the code does not know the API {api}" for api in apis if f'"{api}"' not in caller]
    binary = d.cargo["bin"][0]["name"]
    if d.security["xsappname"] != binary:
        problems.append(f"xsappname is not {binary}")
    return problems


def policies(d):
    """The AWS policies allow what is needed and pin who may come."""
    problems = []
    for name, policy in d.aws.items():
        if policy.get("Version") != "2012-10-17":
            problems.append(f"{name}: Version must be 2012-10-17")
        for statement in policy["Statement"]:
            problems += [f"{name}: {said}" for said in _statement(name, statement)]
    config = d.cf["roles-anywhere"]
    for name in ("trust-roles-anywhere-own-ca", "trust-roles-anywhere-sap-ca"):
        source = _conditions(d.aws[name]).get("aws:SourceArn")
        if source != config["trust_anchor_arn"]:
            problems.append(f"{name}: aws:SourceArn is not the configured trust anchor")
    if d.aws["user-permissions-credential-store"]["Statement"][0]["Resource"] != config["role_arn"]:
        problems.append("user-permissions-credential-store: another role than configured")
    if _conditions(d.aws["trust-credential-store"]).get("sts:ExternalId") != d.cf["credential-store"]["external_id"]:
        problems.append("trust-credential-store: another external id than configured")
    return problems


def _statement(name, statement):
    conditions = {key: value for block in statement.get("Condition", {}).values() for key, value in block.items()}
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    if any("*" in action for action in actions):
        yield f"wildcard action {actions}"
    if statement.get("Principal") == "*":
        yield "everybody is trusted"
    if statement.get("Resource") == "*" and actions != ["s3:ListAllMyBuckets"]:
        yield f"every resource for {actions}"
    if name == "trust-oidc":
        provider = statement["Principal"]["Federated"].partition("oidc-provider/")[2]
        for claim in ("aud", "sub"):
            if not conditions.get(f"{provider}:{claim}"):
                yield f"{claim} is not pinned"
    if name.startswith("trust-roles-anywhere"):
        pinned = {key for key in conditions if key.startswith("aws:PrincipalTag/x509")}
        if "aws:PrincipalTag/x509Subject/CN" not in pinned or len(pinned) < 2:
            yield "the certificate must be pinned by its CN and something that its owner can't choose"
        if name.endswith("sap-ca") and "aws:PrincipalTag/x509Subject/L" not in pinned:
            yield "every SAP customer's certificate is trusted: pin L"
        if "aws:SourceArn" not in conditions:
            yield "the trust anchor is not pinned"
    if name == "trust-credential-store" and "sts:ExternalId" not in conditions:
        yield "the external id is not pinned"


def _conditions(policy):
    return {
        key: value
        for statement in policy["Statement"]
        for block in statement.get("Condition", {}).values()
        for key, value in block.items()
    }


def _configurations(d):
    yield "mta.yaml", _resources(d)["s3-catalog-config"]["parameters"].get("config", {})
    for name, extension in d.extensions.items():
        yield name, _parameters(extension, "s3-catalog-config").get("config", {})
    for source in ("roles-anywhere", "oidc", "credential-store"):
        yield f"deploy/cf/{source}.json", d.cf[source]


def _parameters(document, resource):
    found = [r.get("parameters", {}) for r in document.get("resources", []) if r["name"] == resource]
    return found[0] if found else {}


def _resources(d):
    return {resource["name"]: resource for resource in d.mta["resources"]}


def _application(d):
    return d.manifest["applications"][0]


def _both(d, manifest_key, mta_key):
    return [
        ("manifest.yml", _application(d).get(manifest_key)),
        ("mta.yaml", d.mta["modules"][0]["parameters"].get(mta_key)),
    ]


def _unknown(where, mapping, known):
    return [f"{where}: unknown key {key}" for key in mapping if key not in known]


RULES = [
    schemas, known_keys, names, versions, build, operation, services, configuration, scopes, policies,
    *PEOPLE_RULES,
]
