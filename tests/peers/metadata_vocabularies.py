"""Whether annotations in CSDL XML say what the vocabularies of OASIS and SAP let them say.

Knows terms, where they apply, the types of values, records with their properties, enumerations,
and the few constraints that vocabularies put on their own values.
"""

from lxml import etree

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
CORE = "Org.OData.Core.V1."
VALIDATION = "Org.OData.Validation.V1."
# expressions that may stand for a value of any primitive type
DYNAMIC = {"Path", "If", "Null"}
EXPRESSIONS = {
    "Edm.Boolean": {"Bool"},
    "Edm.String": {"String"},
    "Edm.PropertyPath": {"PropertyPath"},
    "Edm.NavigationPropertyPath": {"NavigationPropertyPath"},
    "Edm.AnyPropertyPath": {"PropertyPath", "NavigationPropertyPath"},
    "Edm.AnnotationPath": {"AnnotationPath"},
    "Edm.ModelElementPath": {"AnnotationPath", "PropertyPath", "NavigationPropertyPath"},
    **{f"Edm.{name}": {"Int"} for name in ("Byte", "SByte", "Int16", "Int32", "Int64")},
}


def complaints(text, vocabularies):
    """What is wrong with the annotations of a document, one text each."""
    return _Judge(etree.fromstring(text), vocabularies).judge()


class _Judge:
    def __init__(self, document, vocabularies):
        self.document = document
        self.schema = document.find(f".//{EDM}Schema")
        self.aliases = {
            include.get("Alias"): include.get("Namespace")
            for include in document.iter(f"{EDMX}Include")
        }
        self.definitions = {
            f"{namespace}.{name}": definition
            for namespace, vocabulary in vocabularies.items()
            for name, definition in vocabulary[namespace].items()
            if isinstance(definition, dict)
        }
        self.found = []
        self.used = set()

    def judge(self):
        for annotations in self.schema.iter(f"{EDM}Annotations"):
            target = annotations.get("Target")
            self.annotations(annotations, self.kinds(target), target)
        for alias, namespace in self.aliases.items():
            if alias not in self.used:
                self.found.append(f"{namespace} is included and not used")
        return self.found

    def complain(self, where, what):
        self.found.append(f"{where}: {what}")

    def resolve(self, name):
        alias, _, short = name.rpartition(".")
        self.used.add(alias)
        return f"{self.aliases.get(alias, alias)}.{short}"

    def kinds(self, target):
        """What an annotation target is, in the words of AppliesTo."""
        owner, _, child = target.removeprefix(self.schema.get("Namespace") + ".").partition("/")
        owner = owner.partition("(")[0]
        element = next((it for it in self.schema if it.get("Name") == owner), None)
        if element is None:
            self.complain(target, "no such target")
            return set()
        if child:
            element = next((it for it in element if it.get("Name") == child), None)
            if element is None:
                self.complain(target, "no such target")
                return set()
        kind = etree.QName(element).localname
        many = kind == "EntitySet" or element.get("Type", "").startswith("Collection(")
        return {kind} | ({"Collection"} if many else set())

    def annotations(self, parent, kinds, where):
        for annotation in parent.findall(f"{EDM}Annotation"):
            name = self.resolve(annotation.get("Term"))
            place = f"{where}@{annotation.get('Term')}"
            term = self.definitions.get(name, {})
            if term.get("$Kind") != "Term":
                self.complain(place, "no such term")
                continue
            revisions = term.get(f"@{CORE}Revisions", [])
            if any(revision.get("Kind") == "Deprecated" for revision in revisions):
                self.complain(place, "deprecated")
            if "$AppliesTo" in term and not kinds & set(term["$AppliesTo"]):
                self.complain(place, f"applies to {term['$AppliesTo']}, not to {kinds}")
            self.value(annotation, term, place)
            self.annotations(annotation, {"Annotation"}, place)

    def value(self, holder, declared, where):
        """The value in an attribute or child of `holder`."""
        names = {"Term", "Qualifier", "Property", "Type"}
        inline = [(name, text) for name, text in holder.items() if name not in names]
        children = [it for it in holder if etree.QName(it).localname != "Annotation"]
        if len(inline) + len(children) != 1:
            self.complain(where, "not exactly one value")
        for kind, text in inline:
            self.expression(kind, text, None, declared, where)
        for child in children:
            self.expression(etree.QName(child).localname, child.text, child, declared, where)

    def expression(self, kind, text, element, declared, where):
        of = declared.get("$Type", "Edm.String")
        if declared.get("$Collection") and kind != "Path":
            if kind != "Collection":
                self.complain(where, f"{kind} instead of a collection")
                return
            item = {name: value for name, value in declared.items() if name != "$Collection"}
            for number, child in enumerate(element):
                child_kind = etree.QName(child).localname
                self.expression(child_kind, child.text, child, item, f"{where}/{number}")
            return
        definition = self.definitions.get(of, {})
        constraints = definition
        while definition.get("$Kind") == "TypeDefinition":
            of = definition["$UnderlyingType"]
            definition = self.definitions.get(of, {})
        if kind == "If":
            for child in list(element)[1:]:
                self.expression(etree.QName(child).localname, child.text, child, declared, where)
        elif kind == "Null" and not declared.get("$Nullable"):
            self.complain(where, "null")
        elif kind in DYNAMIC:
            pass
        elif definition.get("$Kind") == "ComplexType":
            self.record(kind, element, of, declared, where)
        elif definition.get("$Kind") == "EnumType":
            members = [member.partition("/") for member in (text or "").split()]
            known = all(self.resolve(name) == of and it in definition for name, _, it in members)
            if kind != "EnumMember" or not members or not known:
                self.complain(where, f"{text} is no member of {of}")
        elif of in EXPRESSIONS and kind not in EXPRESSIONS[of]:
            self.complain(where, f"{kind} instead of {of}")
        else:
            self.constrained(kind, text, {**constraints, **declared}, where)

    def constrained(self, kind, text, declared, where):
        allowed = [it["Value"] for it in declared.get(f"@{VALIDATION}AllowedValues", [])]
        if kind == "String" and allowed and text not in allowed:
            self.complain(where, f"{text!r} is none of {allowed}")
        terms = declared.get(f"@{VALIDATION}AllowedTerms")
        if kind == "AnnotationPath":
            term = self.resolve(text.rpartition("@")[2].partition("#")[0])
            if self.definitions.get(term, {}).get("$Kind") != "Term":
                self.complain(where, f"{term} is no term")
            if terms and term not in terms:
                self.complain(where, f"{term} is none of {terms}")

    def record(self, kind, element, of, declared, where):
        if kind != "Record":
            self.complain(where, f"{kind} instead of a record")
            return
        name = self.resolve(element.get("Type")) if element.get("Type") else of
        lineage = list(self.lineage(name))
        if of not in lineage:
            self.complain(where, f"{name} is not derived from {of}")
        if not lineage or self.definitions[name].get("$Abstract"):
            self.complain(where, f"{name} is no type that values can have")
        derived = declared.get(f"@{VALIDATION}DerivedTypeConstraint")
        if derived and not set(derived) & set(lineage):
            self.complain(where, f"{name} is none of {derived}")
        properties = {
            property: definition
            for ancestor in lineage
            for property, definition in self.definitions[ancestor].items()
            if not property.startswith(("$", "@"))
            and isinstance(definition, dict)
            and "@" not in property
        }
        given = set()
        for value in element.findall(f"{EDM}PropertyValue"):
            property = value.get("Property")
            given.add(property)
            if property in properties:
                self.value(value, properties[property], f"{where}/{property}")
            else:
                self.complain(where, f"{name} has no property {property}")
        for property, definition in properties.items():
            optional = {"$Nullable", "$DefaultValue", "$Collection"} & set(definition)
            if property not in given and not optional:
                self.complain(where, f"{name} needs {property}")
        self.annotations(element, {"Record"}, where)

    def lineage(self, name):
        """The type and what it is derived from."""
        while name in self.definitions:
            yield name
            name = self.definitions[name].get("$BaseType")
