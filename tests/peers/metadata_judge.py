"""What the catalogue says about itself, before the schemas, vocabularies and parsers of others.

    python tests/peers/metadata_judge.py --modules NODE_MODULES --service URL --token TOKEN
    python tests/peers/metadata_judge.py --modules NODE_MODULES --files FOLDER
    python tests/peers/metadata_judge.py --modules NODE_MODULES --sandbox

Takes `$metadata` in both formats and `$openapi` from a running service, from a folder with
metadata.xml, metadata.json and openapi.json, or from a sandbox that it starts. XML: the XSDs of
OASIS, every term, record and enumeration member against the vocabularies of OASIS and SAP, and
the parser behind SAP's tools for Fiori elements. JSON: the JSON schema of OASIS, and equality
with what OASIS's own converter makes of the XML. OpenAPI: openapi-spec-validator. Last, errors
are put into the XML, each of which a judge has to find.

Needs ci/requirements.txt, Node.js 20, and the packages of ci/npm: npm ci --prefix ci/npm.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lxml import etree
from metadata_vocabularies import complaints
from openapi_spec_validator import OpenAPIV31SpecValidator

from ci.judging import Cases, end_children, get, leave_on_sigterm

# Where a document is, and what it is called in a folder
DOCUMENTS = {
    "metadata.xml": "/catalog/$metadata",
    "metadata.json": "/catalog/$metadata?$format=json",
    "openapi.json": "/catalog/$openapi",
}
# What is put wrong, and what then stands there
ERRORS = [
    ('Term="UI.LineItem"', 'Term="UI.LineItems"'),
    ('Term="Common.Label"', 'Term="UI.LineItem"'),
    ('Type="UI.DataField"', 'Type="UI.FieldGroupType"'),
    ('Property="Insertable"', 'Property="Insertible"'),
    ('Property="Insertable" Bool="false"', 'Property="Insertable" String="false"'),
    ("ImportanceType/High", "ImportanceType/Highest"),
    ('Path="created"', 'Path="creation"'),
    ('AnnotationPath="@UI.FieldGroup#General"', 'AnnotationPath="@UI.FieldGroup#Generals"'),
    ('String="SingleRange"', 'String="Range"'),
    ('Target="CatalogService.Buckets/id"', 'Target="CatalogService.Buckets/ids"'),
    ('Name="Buckets" EntityType', 'Nom="Buckets" EntityType'),
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--modules", type=Path, required=True)
    source = arguments.add_mutually_exclusive_group(required=True)
    source.add_argument("--service")
    source.add_argument("--files", type=Path)
    source.add_argument("--sandbox", action="store_true")
    arguments.add_argument("--token")
    given = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="metadata-judge-") as folder:
        try:
            with cases.scene("metadata"):
                documents = obtain(given, Path(folder))
                play(cases, Bench(given.modules.resolve(), Path(folder)), documents)
        finally:
            end_children()
    cases.finish()


def obtain(given, folder):
    """The documents as text, by their names."""
    if given.files:
        return {name: (given.files / name).read_text() for name in DOCUMENTS}
    url, token = given.service, given.token
    if given.sandbox:
        from sandbox_peer import start

        _, ready = start("oidc", folder)
        url, token = ready["service"], ready["token"]["alice"]
    documents = {}
    for name, path in DOCUMENTS.items():
        answer = get(url + path, token)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer!r}")
        documents[name] = answer.body.decode()
    return documents


def play(cases, bench, documents):
    xml, described = documents["metadata.xml"], documents["metadata.json"]
    for judge, found in bench.judge(xml, described).items():
        cases.equal(judge, found, [])
    openapi = OpenAPIV31SpecValidator(json.loads(documents["openapi.json"]))
    cases.equal("OpenAPI 3.1", [error.message for error in openapi.iter_errors()], [])
    for right, wrong in ERRORS:
        if right in xml:
            found = bench.judge(xml.replace(right, wrong, 1), None)
            cases.check(f"{wrong} is found", any(found.values()), found)


class Bench:
    """The judges of both formats."""

    def __init__(self, modules, folder):
        self.modules = modules
        self.folder = folder
        schema = modules / "odata-csdl" / "schemas" / "edmx.xsd"
        self.schema = etree.XMLSchema(etree.parse(schema))

    def judge(self, xml, described):
        """What each judge complains of; `described` is the same model as JSON."""
        document = etree.fromstring(xml.encode())
        self.schema.validate(document)
        found = {"the XSDs of OASIS": [str(error) for error in self.schema.error_log]}
        (self.folder / "metadata.xml").write_text(xml)
        (self.folder / "metadata.json").write_text(described or "{}")
        script = Path(__file__).with_suffix(".mjs")
        command = ["node", script, self.modules, self.folder / "metadata.xml", self.folder / "metadata.json"]
        answer = subprocess.run(command, capture_output=True, check=True, timeout=60)
        answer = json.loads(answer.stdout)
        for judge, complaints_ in answer["complaints"].items():
            if described or "parser" in judge:
                found[judge] = complaints_
        found["the vocabularies of OASIS and SAP"] = complaints(xml.encode(), answer["vocabularies"])
        return found


if __name__ == "__main__":
    main()
