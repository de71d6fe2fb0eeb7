"""Ways to bend people's way to the service: approuter, page, HTML5 Application Repository."""


def application(d):
    return d.manifest["applications"][1]


def module(d, name="approuter"):
    return next(m for m in d.mta["modules"] if m["name"] == f"btp-s3-catalog-{name}")


def config(d, folder="approuter"):
    return d.routes[folder]


def header(d, name="Content-Security-Policy"):
    return next(h for h in config(d)["responseHeaders"] if h["name"] == name)


def policy(d, old, new):
    assert old in header(d)["value"]
    header(d)["value"] = header(d)["value"].replace(old, new)


def destination(d, name):
    [content] = module(d, "destinations")["parameters"]["content"].values()
    return next(entry for entry in content["destinations"] if entry["Name"] == name)


def setting(d, name, value):
    application(d)["env"][name] = module(d)["properties"][name] = value


PEOPLE_MUTATIONS = {
    # routes
    "data that everybody may read": lambda d: config(d)["routes"][0].update(authenticationType="none"),
    "a page that everybody may read": lambda d: config(d)["routes"][3].pop("authenticationType"),
    "a route without authentication at all": lambda d: config(d).update(authenticationMethod="none"),
    "data without CSRF protection": lambda d: config(d)["routes"][0].update(csrfProtection=False),
    "the same for managed approuters": lambda d: config(d, "deploy/html5")["routes"][0].update(csrfProtection=False),
    "paths that are rewritten": lambda d: config(d)["routes"][0].update(target="/catalog/$1"),
    "a destination that does not exist": lambda d: config(d)["routes"][0].update(destination="srv-api"),
    "data without uploads": lambda d: config(d)["routes"][0].update(httpMethods=["GET", "POST"]),
    "routes that miss the file shares": lambda d: config(d)["routes"][0].update(source="^/catalog(.*)$"),
    "the page before the data": lambda d: config(d)["routes"].insert(0, config(d)["routes"].pop(3)),
    "web sockets": lambda d: config(d)["websockets"].update(enabled=True),
    "signing out by a link": lambda d: config(d)["logout"].update(logoutMethod="GET"),
    "signing out without a token": lambda d: config(d, "deploy/html5")["logout"].update(csrfProtection=False),
    "a logout page that needs a login": lambda d: config(d)["routes"][2].update(authenticationType="ias"),
    "no user API": lambda d: config(d)["routes"].pop(1),
    # headers
    "inline scripts": lambda d: policy(d, "script-src 'self'", "script-src 'self' 'unsafe-inline'"),
    "scripts from elsewhere": lambda d: policy(d, "script-src 'self'", "script-src 'self' https://ui5.sap.com"),
    "pages in anybody's frame": lambda d: policy(d, "frame-ancestors 'self'", "frame-ancestors *"),
    "frames": lambda d: policy(d, "frame-src 'none'", "frame-src blob:"),
    "no policy where SAP serves the page": lambda d: config(d, "deploy/html5")["responseHeaders"].pop(0),
    "no policy": lambda d: config(d)["responseHeaders"].pop(0),
    "content types that are guessed": lambda d: header(d, "X-Content-Type-Options").update(value="none"),
    "a page that is never asked for again": lambda d: config(d)["routes"][3].update(cacheControl="max-age=31536000"),
    # packages
    "an approuter of any version": lambda d: d.packages["approuter"]["dependencies"].update({"@sap/approuter": "^23.0.0"}),
    "an approuter with known holes": lambda d: d.packages["approuter"]["dependencies"].update({"@sap/approuter": "20.10.0"}),
    "a lock of another version": lambda d: d.locks["approuter"]["packages"]["node_modules/@sap/approuter"].update(version="23.0.1"),
    "a package without a hash": lambda d: d.locks["approuter"]["packages"]["node_modules/axios"].pop("integrity"),
    "a package from somewhere": lambda d: d.locks["deploy/html5"]["packages"]["node_modules/bestzip"].update(resolved="https://x/y.tgz"),
    "the override that npm needs": lambda d: d.packages["approuter"]["overrides"].update({"@sap/logging": "9.2.1"}),
    "an approuter of another project version": lambda d: d.packages["approuter"].update(version="0.0.9"),
    # the approuter
    "a token that is not forwarded": lambda d: module(d)["requires"][0]["properties"].update(forwardAuthToken=False),
    "a time-out of 30 seconds": lambda d: module(d)["requires"][0]["properties"].pop("timeout"),
    "a destination to somewhere": lambda d: application(d)["env"].update(destinations=application(d)["env"]["destinations"].replace("https://btp-s3-catalog", "https://x")),
    "uploads of five minutes": lambda d: setting(d, "INCOMING_REQUEST_TIMEOUT", "300000"),
    "keys that the approuter refuses": lambda d: setting(d, "DISABLE_PATHNAME_VALIDATION", "false"),
    "a session for other sites": lambda d: setting(d, "COOKIES", '{"SameSite":"None"}'),
    "settings of the manifest only": lambda d: module(d)["properties"].pop("NODE_OPTIONS"),
    "an approuter with a client secret": lambda d: [x.pop("parameters") for x in (application(d)["services"][0], module(d)["requires"][1])],
    "a health check that must sign in": lambda d: [application(d).update({"health-check-http-endpoint": "/"}), module(d)["parameters"].update({"health-check-http-endpoint": "/"})],
    "another memory in the manifest": lambda d: application(d).update(memory="64M"),
    # addresses
    "codes for everybody's application": lambda d: d.cf["identity"]["oauth2-configuration"].update({"redirect-uris": ["https://*.cfapps.eu10.hana.ondemand.com/login/callback"] * 2}),
    "no way back after signing out": lambda d: d.cf["identity"]["oauth2-configuration"].pop("post-logout-redirect-uris"),
    "opaque access tokens": lambda d: d.cf["identity"]["oauth2-configuration"]["token-policy"].update({"access-token-format": "opaque"}),
    "no refresh tokens": lambda d: d.cf["identity"]["oauth2-configuration"]["grant-types"].remove("refresh_token"),
    "another route than the address": lambda d: application(d)["routes"][0].update(route="catalog.((domain))"),
    # HTML5 Application Repository
    "a page that is deployed by itself": lambda d: module(d, "page")["build-parameters"].pop("supported-platforms"),
    "a page without its lock file": lambda d: module(d, "page")["build-parameters"].update(commands=["npm install", "npm run build"]),
    "an approuter without the page": lambda d: module(d)["build-parameters"].pop("requires"),
    "a zip of another name": lambda d: module(d, "html5-deployer")["build-parameters"]["requires"][0].update(artifacts=["page.zip"]),
    "content without a target": lambda d: module(d, "html5-deployer")["requires"][0].pop("parameters"),
    "destinations into the wrong service": lambda d: module(d, "destinations")["requires"][0].update(name="catalog-destination"),
    "a service key that nobody makes": lambda d: destination(d, "s3-catalog-identity").update(ServiceKeyName="x"),
    "another cloud service": lambda d: destination(d, "s3-catalog-html5-host").update({"sap.cloud.service": "x"}),
    "a managed approuter without the token": lambda d: destination(d, "s3-catalog-api").update({"HTML5.ForwardAuthToken": False}),
    "a page of no cloud service": lambda d: d.page.append({"sap.app": {"dataSources": {}}}),
    "a page that stands at the root only": lambda d: d.page.append({
        "sap.cloud": {"service": "s3catalog"}, "sap.app": {"dataSources": {"catalog": {"uri": "/catalog/"}}},
    }),
}
