"""What must hold on people's way to the service: approuter, page, HTML5 Application Repository."""

import json
import re

# What a page that shows files of others may do; no directive may say more.
POLICY = {
    "default-src": "'self'", "script-src": "'self'", "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' blob: data:", "media-src": "'self'", "font-src": "'self' data:",
    "connect-src": "'self'", "worker-src": "'self'", "frame-src": "'none'", "object-src": "'none'",
    "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'self'",
}
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
DATA = ["/catalog", "/catalog/Buckets?$top=1", "/catalog?x", "/catalog/Objects(bucket_id='b',objectKey='a%2Fb')", "/fileshare/"]
NOT_DATA = ["/catalogue", "/x/catalog/", "/filesharing"]
# Milliseconds: uploads of an hour, and silence while S3 copies.
NEEDED = {"INCOMING_REQUEST_TIMEOUT": 3_600_000, "INCOMING_CONNECTION_TIMEOUT": 600_000}
SILENCE = 600_000


def routes(d):
    """Every route but the logout page asks who is there, and data passes untouched with CSRF protection."""
    problems = []
    for folder, config in d.routes.items():
        if config.get("authenticationMethod") != "route" or config.get("websockets", {}).get("enabled"):
            problems.append(f"{folder}: authentication by route, no web sockets")
        public = [r["source"] for r in config["routes"] if r.get("authenticationType") != "ias"]
        if public != (["^/logout\\.(?:html|css)$"] if folder == "approuter" else []):
            problems.append(f"{folder}: routes {public} are open to everybody")
        for path in DATA:
            route = _route(config, path)
            if (route.get("destination"), route.get("csrfProtection"), "target" in route) != ("s3-catalog-api", True, False):
                problems.append(f"{folder}: {path} must reach s3-catalog-api as it is, with CSRF protection")
        problems += [f"{folder}: {p} is no data" for p in NOT_DATA if "destination" in _route(config, p)]
        if "httpMethods" in _route(config, DATA[0]):
            problems.append(f"{folder}: data needs all methods")
        if _route(config, "/user-api/currentUser").get("service") != "sap-approuter-userapi":
            problems.append(f"{folder}: no user API")
        logout = config.get("logout", {})
        if (logout.get("logoutMethod"), logout.get("csrfProtection")) != ("POST", True):
            problems.append(f"{folder}: others must not be able to sign our users out")
    logout = {key: d.routes["approuter"]["logout"].get(key) for key in ("logoutEndpoint", "logoutPage")}
    if logout != {"logoutEndpoint": "/do/logout", "logoutPage": "/logout.html"}:
        problems.append(f"the approuter signs out by {logout}")
    return problems


def headers(d):
    """The page's headers allow what the page needs and nothing more."""
    problems = []
    for folder, config in d.routes.items():
        given = {h["name"]: h["value"] for h in config.get("responseHeaders", [])}
        policy = dict(part.strip().split(" ", 1) for part in given.get("Content-Security-Policy", "none ").split(";"))
        # where SAP serves the page, SAP knows in whose frames it stands
        wanted = {name: value for name, value in POLICY.items() if folder == "approuter" or name != "frame-ancestors"}
        problems += [] if policy == wanted else [f"{folder}: Content-Security-Policy is {policy}"]
        problems += [f"{folder}: {name} is not {value}" for name, value in HEADERS.items() if given.get(name) != value]
    for route in d.routes["approuter"]["routes"]:
        if "localDir" in route and route.get("cacheControl") != "no-cache":
            problems.append(f"{route['source']}: a new version would not be seen")
    return problems


def packages(d):
    """npm packages are pinned, and the approuter is one without the known holes."""
    problems = []
    version = d.cargo["workspace"]["package"]["version"]
    for folder, package in d.packages.items():
        wanted = {**package.get("dependencies", {}), **package.get("devDependencies", {}), **package.get("overrides", {})}
        problems += [f"{folder}: {n} is not pinned: {v}" for n, v in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", v)]
        problems += [] if package["version"] == version else [f"{folder}: version is not {version}"]
        locked = d.locks[folder]["packages"]
        for name, pinned in wanted.items():
            seen = locked.get(f"node_modules/{name}", {}).get("version")
            problems += [] if seen == pinned else [f"{folder}: {name} is locked at {seen}"]
        problems += [f"{folder}: {n} has no hash" for n, it in locked.items() if n and not it.get("integrity")]
        problems += [f"{folder}: {n} names a registry" for n, it in locked.items() if "resolved" in it]
    approuter = d.packages["approuter"]
    if int(approuter["dependencies"]["@sap/approuter"].split(".")[0]) < 23:
        problems.append("approuters before 23 have known holes")
    if "22" not in approuter["engines"]["node"]:
        problems.append("the approuter needs Node 22 or 24")
    return problems


def approuter(d):
    """Both descriptors start the same approuter, which can take large uploads and any key."""
    module = _module(d, "btp-s3-catalog-approuter")
    application = d.manifest["applications"][1]
    environment = dict(application.get("env", {}))
    [in_manifest] = json.loads(environment.pop("destinations"))
    [required] = [r for r in module["requires"] if r.get("group") == "destinations"]
    in_mta = dict(required["properties"])
    problems = [] if environment == module["properties"] else ["the approuter's environment differs"]
    url = f"https://{_service_route(d)}"
    if (in_manifest.pop("url"), in_mta.pop("url"), required["name"]) != (url, "~{url}", "s3-catalog-api"):
        problems.append("the destination does not lead to the service")
    if in_manifest != in_mta or in_mta.get("name") != "s3-catalog-api" or in_mta.get("forwardAuthToken") is not True:
        problems.append(f"the destination is {in_manifest} and {in_mta}")
    problems += [] if in_mta.get("timeout", 30_000) >= SILENCE else ["copies would time out"]
    problems += [f"{n} is below {least}" for n, least in NEEDED.items() if int(environment.get(n, 0)) < least]
    if environment.get("DISABLE_PATHNAME_VALIDATION") != "true":
        problems.append("keys with % or .. would be refused")
    if json.loads(environment.get("COOKIES", "{}")) != {"SameSite": "Lax"}:
        problems.append("other sites' requests would carry the session")
    for manifest_key, mta_key in (
        ("memory", "memory"), ("disk_quota", "disk-quota"), ("instances", "instances"), ("stack", "stack"),
        ("health-check-type", "health-check-type"), ("health-check-http-endpoint", "health-check-http-endpoint"),
    ):
        if application.get(manifest_key) is None or application[manifest_key] != module["parameters"].get(mta_key):
            problems.append(f"the approuter's {mta_key} differs")
    if _route(d.routes["approuter"], application["health-check-http-endpoint"]).get("authenticationType") != "none":
        problems.append("the approuter's health check would have to sign in")
    if (application.get("buildpacks"), module["parameters"].get("buildpack")) != (["nodejs_buildpack"], "nodejs_buildpack"):
        problems.append("the approuter needs the Node.js buildpack")
    return problems


def addresses(d):
    """Browsers come back to our approuter and to nobody else."""
    config = d.cf["identity"]["oauth2-configuration"]
    given = config.get("redirect-uris", []) + config.get("post-logout-redirect-uris", [])
    logout = d.routes["approuter"]["logout"]["logoutPage"]
    wanted = ["/login/callback", "/login/callback?authType=ias", logout]
    route = d.manifest["applications"][1]["routes"][0]["route"]
    own = "https://" + _filled(d, route)
    problems = [] if given == [own + path for path in wanted] else [f"redirect addresses are {given}"]
    identity = next(r for r in d.mta["resources"] if r["name"] == "catalog-identity")
    if [r["name"] for r in identity.get("requires", [])] != ["s3-catalog-app"]:
        problems.append("catalog-identity does not know the approuter's address")
    if _module(d, "btp-s3-catalog-approuter")["provides"] != [{"name": "s3-catalog-app", "properties": {"url": "${default-url}"}}]:
        problems.append("the approuter does not tell its address")
    if config.get("token-policy", {}).get("access-token-format") != "jwt":
        problems.append("the approuter forwards the access token: it must be a JWT")
    missing = {"authorization_code", "refresh_token"} - set(config.get("grant-types", []))
    return problems + ([f"grant types {sorted(missing)} are missing"] if missing else [])


def repository(d):
    """The HTML5 Application Repository gets the page, and managed approuters find everything."""
    page, packed, deployer, destinations = (
        _module(d, f"btp-s3-catalog-{name}") for name in ("page", "html5", "html5-deployer", "destinations")
    )
    problems = []
    for module in (page, packed):
        build = module["build-parameters"]
        if (module["type"], build.get("supported-platforms"), build.get("build-result")) != ("html5", [], "dist"):
            problems.append(f"{module['name']} must be built and not deployed by itself")
        if build.get("commands") != ["npm ci --no-audit --no-fund", "npm run build"]:
            problems.append(f"{module['name']}: commands are {build.get('commands')}")
    [archive] = re.findall(r"bestzip \.\./dist/(\S+)", d.packages["deploy/html5"]["scripts"]["build"])
    for module, source, artifacts in (
        (_module(d, "btp-s3-catalog-approuter"), page, ["./*"]), (packed, page, ["./*"]), (deployer, packed, [archive]),
    ):
        [taken] = module["build-parameters"]["requires"]
        if (taken["name"], taken["artifacts"]) != (source["name"], artifacts):
            problems.append(f"{module['name']} takes {taken}")
    if _route(d.routes["approuter"], "/index.html").get("localDir") != "page":
        problems.append("the approuter does not serve the page")
    for module, target in ((deployer, "catalog-html5-host"), (destinations, "catalog-html5-destination")):
        targets = [r["name"] for r in module["requires"] if r.get("parameters", {}).get("content-target")]
        if (module["type"], targets) != ("com.sap.application.content", [target]):
            problems.append(f"{module['name']} brings its content to {targets}")
    [content] = destinations["parameters"]["content"].values()
    keys = {r["name"]: r["parameters"]["service-key"]["name"] for r in destinations["requires"] if "service-key" in r.get("parameters", {})}
    by_name = {entry["Name"]: entry for entry in content["destinations"]}
    for entry in content["destinations"]:
        instance = entry.get("ServiceInstanceName")
        if instance and keys.get(instance) != entry.get("ServiceKeyName"):
            problems.append(f"{entry['Name']}: no service key {entry.get('ServiceKeyName')}")
        if instance and entry.get("sap.cloud.service") != "s3catalog":
            problems.append(f"{entry['Name']}: another sap.cloud.service than the page's")
    service = by_name.get("s3-catalog-api", {})
    seen = (service.get("URL"), service.get("Authentication"), service.get("HTML5.ForwardAuthToken"), service.get("HTML5.Timeout"))
    if seen != ("~{s3-catalog-api/url}", "NoAuthentication", True, SILENCE):
        problems.append(f"s3-catalog-api must forward the token to the service: {seen}")
    if by_name.get("s3-catalog-identity", {}).get("Authentication") != "OAuth2UserTokenExchange" or len(by_name) != 3:
        problems.append(f"destinations are {sorted(by_name)}")
    for page in d.page:
        if page.get("sap.cloud", {}).get("service") != "s3catalog":
            problems.append("webapp/src/manifest.json lacks sap.cloud.service s3catalog")
        for name, source in page["sap.app"]["dataSources"].items():
            # below a managed approuter the page does not stand at the root
            problems += [f"webapp/src/manifest.json: {name} is not relative"] if source["uri"].startswith("/") else []
    return problems


def _route(config, path):
    return next((route for route in config["routes"] if re.search(route["source"], path)), {})


def _module(d, name):
    return next(module for module in d.mta["modules"] if module["name"] == name)


def _service_route(d):
    return d.manifest["applications"][0]["routes"][0]["route"]


def _filled(d, text):
    return re.sub(r"\(\((\w+)\)\)", lambda found: d.variables[found[1]], text)


PEOPLE_RULES = [routes, headers, packages, approuter, addresses, repository]
