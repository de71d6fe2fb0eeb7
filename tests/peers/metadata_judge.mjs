// The part of the metadata judge for which other people's tools are written in JavaScript:
// OASIS's JSON schema and its conversion from XML to JSON, and the parser behind SAP's tools for
// Fiori elements.
//
//     node metadata_judge.mjs FOLDER_OF_NODE_MODULES metadata.xml metadata.json
//
// Prints {"complaints": {judge: [text]}, "vocabularies": {namespace: CSDL JSON}}.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";
import { pathToFileURL } from "node:url";

const [modules, xmlFile, jsonFile] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/`));
const xml = readFileSync(xmlFile, "utf8");
const json = JSON.parse(readFileSync(jsonFile, "utf8"));

function schema() {
  const Ajv = require("ajv").default;
  const ajv = new Ajv({ strict: false, allErrors: true });
  const valid = ajv.compile(require("odata-csdl/schemas/csdl.schema.json"));
  return valid(json) ? [] : valid.errors.map((it) => `${it.instancePath} ${it.message}`);
}

// Where the two documents may differ: the version, annotations beside or inside of what they
// annotate, and how the type of a record is named.
function normal(document) {
  const { $Version, ...others } = document;
  const plain = (value) => {
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== "object") return value;
    const members = Object.entries(value).filter(([name]) => name !== "$Annotations");
    return Object.fromEntries(
      members.map(([name, inner]) =>
        ["@type", "@odata.type"].includes(name)
          ? ["@type", inner.replace(/^.*[.]/, "")]
          : [name, plain(inner)],
      ),
    );
  };
  const result = plain(others);
  for (const [namespace, schema] of Object.entries(others)) {
    for (const [target, annotations] of Object.entries(schema.$Annotations ?? {})) {
      Object.assign(find(result[namespace], target.slice(namespace.length + 1)), plain(annotations));
    }
  }
  return result;
}

function find(schema, target) {
  const [, name, types, child] = target.match(/^([^(/]+)(?:\((.*)\))?(?:\/(.+))?$/);
  if (types === undefined) return child ? schema[name][child] : schema[name];
  const single = (it) => it.$Type ?? "Edm.String";
  const typed = (it) => (it.$Collection ? `Collection(${single(it)})` : single(it));
  const telling = (it) =>
    it.$Kind === "Function" ? (it.$Parameter ?? []) : it.$IsBound ? it.$Parameter.slice(0, 1) : [];
  const overload = schema[name].find((it) => telling(it).map(typed).join(",") === types);
  return child ? overload.$Parameter.find((it) => it.$Name === child) : overload;
}

function differences(one, other, path = "") {
  if (isDeepStrictEqual(one, other)) return [];
  const nested = [one, other].every((it) => it !== null && typeof it === "object");
  if (!nested) return [`${path}: ${JSON.stringify(one)} in XML, ${JSON.stringify(other)} in JSON`];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].flatMap((name) => differences(one[name], other[name], `${path}/${name}`));
}

function conversion() {
  const messages = [];
  const converted = require("odata-csdl").xml2json(xml, { messages, strict: true });
  return [...messages.map((it) => it.message), ...differences(normal(converted), normal(json))];
}

// The converter resolves paths when they are looked at.
function fiori() {
  const { parse } = require("@sap-ux/edmx-parser");
  const { convert } = require("@sap-ux/annotation-converter");
  const converted = convert(parse(xml));
  const paths = ["Path", "PropertyPath", "NavigationPropertyPath", "AnnotationPath"];
  const unresolved = [];
  let annotations = 0;
  const seen = new Set();
  const open = [converted];
  while (open.length > 0) {
    const it = open.pop();
    if (it === null || typeof it !== "object" || seen.has(it)) continue;
    seen.add(it);
    if (it.term) annotations += 1;
    const leadsNowhere = paths.includes(it.type) && it.fullyQualifiedName && !it.$target;
    if (leadsNowhere) unresolved.push(`${it.fullyQualifiedName}: ${it.value ?? it.path}`);
    for (const value of Object.values(it)) open.push(value);
  }
  const written = xml.match(/<Annotation /g)?.length ?? 0;
  // it takes the result of every function and action for one entity
  const diagnostics = converted.diagnostics.map((it) => it.message);
  const relevant = diagnostics.filter((it) => !/^EntityType '.*' not found$/.test(it));
  const missed = annotations < written / 2 ? [`${annotations} of ${written} annotations were seen`] : [];
  return [...relevant, ...unresolved, ...missed];
}

function judged(judge) {
  try {
    return judge();
  } catch (error) {
    return [`${error}`];
  }
}

const index = require.resolve("@sap-ux/odata-vocabularies").replace("index.js", "resources/index.js");
const vocabularies = (await import(pathToFileURL(index))).default;
const complaints = {
  "OASIS's JSON schema": judged(schema),
  "OASIS's conversion from XML to JSON": judged(conversion),
  "SAP's parser of annotations": judged(fiori),
};
process.stdout.write(JSON.stringify({ complaints, vocabularies }));
