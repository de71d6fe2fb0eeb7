"""Hybrid runs as SAP's tools start them: cap's `cds bind --exec`, and default-env.json.

    python tests/peers/hybrid.py --binary TARGET/release/btp-s3-catalog --modules CAP_NODE_MODULES

cds is the real one from npm; Cloud Foundry, where it gets its bindings, is ci/cf_api.py. The
bindings are those of the sandbox. Needs ci/requirements.txt and the packages of examples/cap.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.cf_api import CloudFoundry
from ci.judging import Cases, Child, clean_environment, end_children, free_port, get, leave_on_sigterm, wait_until
from sandbox_peer import start


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    arguments.add_argument("--modules", required=True, type=Path)
    chosen = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="hybrid-") as folder:
        try:
            _, ready = start("oidc", Path(folder))
            for scene in (by_cds_bind, by_default_env):
                with cases.scene(scene.__name__):
                    project = Path(folder) / scene.__name__
                    project.mkdir()
                    scene(cases, chosen, ready, project)
        finally:
            end_children()
    cases.finish()


def by_cds_bind(cases, chosen, ready, project):
    services, settings = parts(ready)
    cloud_foundry = CloudFoundry(services, project)
    (project / "package.json").write_text('{"name": "bound"}')
    (project / "node_modules").symlink_to(chosen.modules.resolve())
    (project / "default-env.json").write_text("left over, and no JSON")
    port = free_port()
    environment = clean_environment(CF_HOME=str(cloud_foundry.home), PORT=str(port), **settings)
    environment["PATH"] = f"{cloud_foundry.path}:{environment['PATH']}"
    cds = project / "node_modules/.bin/cds"
    # for cap, identity and xsuaa are one required service, "auth", unless one of them gets a name
    xsuaa = services["xsuaa"][0]["instance_name"]
    for arguments in (["--to", ",".join(sorted(set(cloud_foundry.instances) - {xsuaa}))], [xsuaa, "--to", xsuaa, "--kind", "xsuaa"]):
        bound = subprocess.run([cds, "bind", *arguments], cwd=project, env=environment, capture_output=True, text=True,
                               timeout=120)
        cases.equal(f"cds bind {' '.join(arguments)}", (bound.returncode, bound.stderr), (0, ""))
    identity = [parameters for name, (_, parameters) in cloud_foundry.keys.items() if "identity" in name]
    cases.equal("cds makes a service key with a certificate", [it.get("credential-type") for it in identity],
                ["X509_GENERATED"])
    kept = (project / ".cdsrc-private.json").read_text()
    secrets = [text for it in cloud_foundry.instances.values() for text in texts(it["credentials"]) if len(text) > 40]
    cases.check("cds keeps pointers, no secrets", not [text for text in secrets if text in kept], kept)

    run = Child("cds", [cds, "bind", "--exec", "--", chosen.binary.resolve()], project / "log", environment, project)
    lists_buckets(cases, "cds bind --exec", run, port, ready)
    by_xsuaa = get(f"http://127.0.0.1:{port}/catalog/Buckets", ready["xsuaa"]["token"]["alice"])
    cases.equal("cds bind --exec: users of XSUAA get in as well", by_xsuaa.status, 200)
    ignored = "default-env.json is ignored, because VCAP_SERVICES is set"
    cases.check("a default-env.json that was left over is ignored with a warning", ignored in run.tail(), run.tail())
    # cds waits for its child and hands on nothing, so the signal goes to the child
    for child in Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGTERM)
    cases.equal("cds ends as the service ends", run.process.wait(30), 0)


def by_default_env(cases, chosen, ready, project):
    """As the cf CLI plug-in `default-env` writes it, with what is this machine's own beside it."""
    services, settings = parts(ready)
    port = free_port()
    variables = {"VCAP_SERVICES": services, "VCAP_APPLICATION": {"application_name": "mine"}, "PORT": port}
    file = project / "default-env.json"
    file.write_text(json.dumps(variables | settings, indent=2))
    file.chmod(0o600)
    run = Child("hybrid", [chosen.binary.resolve()], project / "log", clean_environment(), project)
    lists_buckets(cases, "default-env.json", run, port, ready)
    cases.check("the log tells that it is a hybrid run", "this is a hybrid run" in run.tail(), run.tail())
    cases.equal("it ends with 0", run.end(), 0)


def parts(ready):
    """Bindings and settings of the sandbox's own service."""
    environment = dict(ready["environment"])
    services = json.loads(environment.pop("VCAP_SERVICES"))
    return services, {name: value for name, value in environment.items() if name.startswith("CATALOG_")}


def lists_buckets(cases, name, run, port, ready):
    url = f"http://127.0.0.1:{port}"

    def answers():
        if not run.running():
            raise RuntimeError(f"it ended:\n{run.tail()}")
        return get(url + "/health/ready").status == 200

    wait_until(answers, 60, f"a session\n{run.tail()}\n")
    listed, expected = (get(base + "/catalog/Buckets", ready["token"]["alice"]) for base in (url, ready["service"]))
    cases.check(f"{name}: it lists buckets", listed.status == 200 and listed.json()["value"], listed)
    cases.equal(f"{name}: the same as the sandbox's", listed.json(), expected.json())


def texts(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []


if __name__ == "__main__":
    main()
