"""Bends the descriptors one way at a time; the rules must find each bend.

    python tests/deploy/mutations.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases
from descriptors import Descriptors
from people_mutations import PEOPLE_MUTATIONS
from rules import RULES


def app(d):
    return d.manifest["applications"][0]


def module(d):
    return d.mta["modules"][0]


def resource(d, name):
    return next(r for r in d.mta["resources"] if r["name"] == name)


def extension(d, name, wanted="s3-catalog-config"):
    return next(r for r in d.extensions[name]["resources"] if r["name"] == wanted)["parameters"]["config"]


def condition(d, name, operator="StringEquals"):
    return d.aws[name]["Statement"][0]["Condition"][operator]


MUTATIONS = {
    # schemas and keys
    "a module without a type": lambda d: module(d).pop("type"),
    "an ID with a blank": lambda d: d.mta.update(ID="btp s3 catalog"),
    "a version that is none": lambda d: d.mta.update(version="0.1"),
    "an extension that extends nothing": lambda d: d.extensions["oidc.mtaext"].pop("extends"),
    "a misspelt manifest key": lambda d: app(d).update({"health-check-http-endpont": "/health/live"}),
    "a misspelt module parameter": lambda d: module(d)["parameters"].update({"health-check-http": "/x"}),
    "a manifest key in the MTA": lambda d: module(d)["parameters"].update({"disk_quota": "1G"}),
    "a misspelt resource parameter": lambda d: resource(d, "catalog-identity")["parameters"].update({"plan": "x"}),
    "a service plan for a user-provided service": lambda d: resource(d, "s3-catalog-config")["parameters"].update({"service-plan": "x"}),
    "a misspelt build parameter": lambda d: module(d)["build-parameters"].update(command=["x"]),
    "an unknown key of an extension": lambda d: d.extensions["oidc.mtaext"].update(parameter={}),
    # names
    "a requirement that nothing provides": lambda d: module(d)["requires"].append({"name": "catalog-audit"}),
    "a resource that nobody requires": lambda d: d.mta["resources"].append({"name": "x", "type": "org.cloudfoundry.existing-service"}),
    "a name used twice": lambda d: d.mta["resources"].append(dict(resource(d, "catalog-identity"))),
    "a service that only the manifest binds": lambda d: app(d)["services"].append({"name": "catalog-logs"}),
    "a service that the manifest forgot": lambda d: app(d)["services"].pop(),
    "an extension of a resource that does not exist": lambda d: d.extensions["oidc.mtaext"]["resources"].append({"name": "catalog-x"}),
    "an extension of an MTA that does not exist": lambda d: d.extensions["oidc.mtaext"].update(extends="other"),
    "another version than Cargo.toml's": lambda d: d.mta.update(version="0.1.1"),
    "another schema version in an extension": lambda d: d.extensions["oidc.mtaext"].update({"_schema-version": "3.2"}),
    # build and start
    "a build command that needs a shell": lambda d: module(d)["build-parameters"]["commands"].append("mkdir dist && true"),
    "a build command with a variable": lambda d: module(d)["build-parameters"]["commands"].append("install $BIN dist"),
    "a build without commands": lambda d: module(d)["build-parameters"].update(commands=[]),
    "another binary installed": lambda d: module(d)["build-parameters"]["commands"].__setitem__(1, "install -D target/release/catalog dist/catalog"),
    "a build without the lock file": lambda d: module(d)["build-parameters"]["commands"].__setitem__(0, "cargo build --release"),
    "no custom builder": lambda d: module(d)["build-parameters"].update(builder="npm"),
    "a start command without exec": lambda d: app(d).update(command="./btp-s3-catalog"),
    "a start command with a second one behind": lambda d: module(d)["parameters"].update(command="exec ./btp-s3-catalog; true"),
    "another folder in the manifest": lambda d: app(d).update(path="target"),
    "no buildpack": lambda d: app(d).pop("buildpacks"),
    # operation
    "more memory than promised": lambda d: app(d).update(memory="256M"),
    "more memory in the MTA": lambda d: module(d)["parameters"].update(memory="128M"),
    "a health check of readiness": lambda d: app(d).update({"readiness-health-check-http-endpoint": "/health/ready"}),
    "a health check of the port only": lambda d: module(d)["parameters"].update({"health-check-type": "port"}),
    "a health path that the code lacks": lambda d: d.sources.update({k: v.replace('"/health/live"', '"/live"') for k, v in d.sources.items()}),
    "other instances in the MTA": lambda d: module(d)["parameters"].update(instances=1),
    # services
    "another plan": lambda d: resource(d, "catalog-destination")["parameters"].update({"service-plan": "standard"}),
    "a Credential Store that everybody gets": lambda d: resource(d, "catalog-credstore").pop("active"),
    "XSUAA that must not fail": lambda d: resource(d, "catalog-xsuaa").pop("optional"),
    "optional Private Link": lambda d: resource(d, "catalog-privatelink").update(optional=True),
    "no tag on the settings": lambda d: resource(d, "s3-catalog-config")["parameters"].pop("service-tags"),
    "XSUAA without its descriptor": lambda d: resource(d, "catalog-xsuaa")["parameters"].pop("path"),
    "a client secret in the manifest only": lambda d: app(d)["services"][1].pop("parameters"),
    "a client secret for the Destination service": lambda d: [x["parameters"]["xsuaa"].update({"credential-type": "binding-secret"}) for x in (app(d)["services"][0], {"parameters": module(d)["requires"][0]["parameters"]["config"]})],
    # configuration
    "an unknown setting": lambda d: extension(d, "oidc.mtaext").update(rolearn="x"),
    "a missing role": lambda d: extension(d, "oidc.mtaext").pop("role_arn"),
    "a missing certificate": lambda d: [extension(d, "roles-anywhere.mtaext").pop("certificate"), d.cf["roles-anywhere"].pop("certificate")],
    "a region that the ARNs contradict": lambda d: extension(d, "roles-anywhere.mtaext").update(region="eu-west-1"),
    "Private Link in another region": lambda d: extension(d, "oidc.mtaext", "catalog-privatelink").update(serviceName="com.amazonaws.us-east-1.s3"),
    "Private Link for another service": lambda d: extension(d, "oidc.mtaext", "catalog-privatelink").update(serviceName="com.amazonaws.eu-central-1.sqs"),
    "a real account": lambda d: extension(d, "oidc.mtaext").update(role_arn="arn:aws:iam::210987654321:role/x"),
    "another source than the file's name": lambda d: extension(d, "oidc.mtaext").update(credential_source="credential-store"),
    "a parameter file that differs": lambda d: d.cf["oidc"].update(region="eu-west-1"),
    "identity parameters that differ": lambda d: d.cf["identity"]["provided-apis"].pop(),
    "a Credential Store source without its store": lambda d: d.extensions["credential-store.mtaext"]["resources"].__delitem__(2),
    # scopes
    "a scope that the code lacks": lambda d: d.security["scopes"].append({"name": "$XSAPPNAME.Share"}),
    "a scope renamed in the code": lambda d: d.sources.update({k: v.replace("    Write,\n", "    Change,\n") for k, v in d.sources.items()}),
    "an API that the code lacks": lambda d: [d.cf["identity"]["provided-apis"][0].update(name="list-catalog")],
    "a role with an unknown scope": lambda d: d.security["role-templates"][0]["scope-references"].append("$XSAPPNAME.Reed"),
    "an administrator who may not read": lambda d: d.security["role-templates"][2]["scope-references"].pop(0),
    "a collection of an unknown role": lambda d: d.security["role-collections"][0].update({"role-template-references": ["$XSAPPNAME.Viewer"]}),
    "another xsappname": lambda d: d.security.update(xsappname="catalog"),
    # AWS policies
    "a web identity trust without sub": lambda d: condition(d, "trust-oidc").pop("mytenant.accounts.ondemand.com:sub"),
    "a web identity trust without aud": lambda d: condition(d, "trust-oidc").pop("mytenant.accounts.ondemand.com:aud"),
    "a certificate trust without the anchor": lambda d: condition(d, "trust-roles-anywhere-own-ca", "ArnEquals").clear(),
    "a certificate trust on CN alone": lambda d: condition(d, "trust-roles-anywhere-own-ca").pop("aws:PrincipalTag/x509Issuer/CN"),
    "SAP's CA without the subaccount": lambda d: condition(d, "trust-roles-anywhere-sap-ca").pop("aws:PrincipalTag/x509Subject/L"),
    "a key trust without the external id": lambda d: condition(d, "trust-credential-store").clear(),
    "everybody trusted": lambda d: d.aws["trust-credential-store"]["Statement"][0].update(Principal="*"),
    "every action of S3": lambda d: d.aws["role-permissions"]["Statement"][0].update(Action="s3:*"),
    "every object": lambda d: d.aws["role-permissions"]["Statement"][0].update(Action="s3:GetObject"),
    "every role for the user": lambda d: d.aws["user-permissions-credential-store"]["Statement"][0].update(Resource="*"),
    "an old policy version": lambda d: d.aws["trust-oidc"].update(Version="2008-10-17"),
}


def main():
    right = Descriptors()
    cases = Cases()
    cases.equal("the descriptors as they are", problems(right), [])
    for name, bend in {**MUTATIONS, **PEOPLE_MUTATIONS}.items():
        bent = right.copy()
        bend(bent)
        cases.check(f"found: {name}", problems(bent) != [])
    cases.finish()


def problems(descriptors):
    """What the rules say; a rule that stumbles over a bend has found it."""
    found = []
    for rule in RULES:
        try:
            found += rule(descriptors)
        except (KeyError, IndexError, StopIteration, TypeError, ValueError) as stumble:
            found.append(f"{rule.__name__}: {stumble!r}")
    return found


if __name__ == "__main__":
    main()
