"""A stand-in for Cloud Foundry: a `cf` command that is logged in, and the API that it leads to.

Knows one space with service instances, as bindings in VCAP_SERVICES describe them. Service keys are
made when they are asked for; what for and with which parameters is kept in `keys`.
"""

import json
import urllib.parse
from pathlib import Path

from ci.loopback import Loopback, Reply, json_reply

TOKEN = "bearer of-the-stand-in"
CLI = f"""#!/bin/sh
case $1 in
  -v) echo 'cf version 8.18.3+stand-in' ;;
  oauth-token) echo '{TOKEN}' ;;
  *) echo "the stand-in knows no cf $1" >&2; exit 1 ;;
esac
"""


class CloudFoundry:
    """The API on loopback; `path` is to be put before PATH, `home` is CF_HOME."""

    def __init__(self, services, folder):
        self.instances = {it["instance_name"]: it for entries in services.values() for it in entries}
        self.keys = {}
        self._server = Loopback(self._answer)
        self.path, self.home = Path(folder) / "cf-bin", Path(folder) / "cf-home"
        self.path.mkdir()
        self.home.mkdir()
        command = self.path / "cf"
        command.write_text(CLI)
        command.chmod(0o755)
        fields = {"GUID": "guid", "Name": "dev"}
        config = {"Target": self._server.url, "OrganizationFields": fields, "SpaceFields": fields}
        (self.home / "config.json").write_text(json.dumps(config))

    def _answer(self, request):
        if request.one("authorization") != TOKEN:
            return Reply(401)
        query = dict(urllib.parse.parse_qsl(request.query))
        kind, _, rest = request.path.removeprefix("/v3/").partition("/")
        if request.method == "POST" and kind == "service_credential_bindings":
            asked = json.loads(request.body)
            instance = asked["relationships"]["service_instance"]["data"]["guid"]
            self.keys[asked["name"]] = (instance, asked["parameters"])
            return json_reply(201, {})
        if rest:
            return self._one(kind, *rest.split("/"))
        return json_reply(200, {"resources": list(self._list(kind, query))})

    def _one(self, kind, guid, member):
        credentials = self.instances[guid]["credentials"]
        known = {
            ("service_instances", "credentials"): credentials,
            ("service_credential_bindings", "details"): {"credentials": credentials},
        }
        return json_reply(200, known[kind, member])

    def _list(self, kind, query):
        inside = {"organization": {"data": {"guid": "guid"}}, "space": {"data": {"guid": "guid"}}}
        if kind in ("organizations", "spaces"):
            yield {"guid": "guid", "name": "dev", "relationships": inside}
        elif kind == "service_instances" and query["names"] in self.instances:
            instance = self.instances[query["names"]]
            plan = {"service_plan": {"data": {"guid": instance["instance_name"]}}}
            kind = "user-provided" if instance["label"] == "user-provided" else "managed"
            yield {"guid": query["names"], "name": query["names"], "type": kind, "tags": instance["tags"],
                   "relationships": inside | plan}
        elif kind == "service_plans":
            offering = {"service_offering": {"data": {"guid": query["guids"]}}}
            yield {"name": self.instances[query["guids"]]["plan"], "relationships": offering}
        elif kind == "service_offerings":
            instance = self.instances[query["guids"]]
            yield {"name": instance["label"], "tags": instance["tags"]}
        elif kind == "service_credential_bindings" and query["names"] in self.keys:
            yield {"guid": self.keys[query["names"]][0], "last_operation": {"state": "succeeded"}}
