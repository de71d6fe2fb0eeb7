//! What the services of OData consist of, and the documents that say so.

mod annotations;
mod buckets;
mod fileshare;
mod objects;
mod operations;
mod versions;

use std::hash::{DefaultHasher, Hash, Hasher};

use odata::edm::{self, Annotation, Expr, Function, FunctionImport, OpenApi, Returns};

/// Names as CAP gives them, so that clients generated for the sample stay valid.
pub(crate) static CATALOG: edm::Model = edm::Model::new("CatalogService")
    .entity_types(&[buckets::TYPE, objects::TYPE, versions::TYPE])
    .complex_types(operations::COMPLEX)
    .entity_sets(&[buckets::SET, objects::SET, versions::SET])
    .functions(FUNCTIONS)
    .actions(operations::ACTIONS)
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")])
    .annotations(CONTAINER);

const FUNCTIONS: &[Function] = &[
    Function::new("getBuckets", Returns::Entities("Buckets"))
        .composable()
        .annotations(&[Annotation::new(
            "Core.Description",
            Expr::String("All buckets, as the entity set Buckets has them"),
        )]),
    operations::SUMMARY,
    operations::ZIP,
];

const CONTAINER: &[Annotation] = &[
    Annotation::new(
        "Core.Description",
        Expr::String("Buckets in Amazon S3 and the objects in them"),
    ),
    Annotation::new("Core.ODataVersions", Expr::String("4.0 4.01")),
    Annotation::new(
        "Capabilities.ConformanceLevel",
        Expr::EnumMember("Capabilities.ConformanceLevelType/Intermediate"),
    ),
    Annotation::new(
        "Capabilities.SupportedMetadataFormats",
        Expr::Collection(&[
            Expr::String("application/xml"),
            Expr::String("application/json"),
        ]),
    ),
    Annotation::new("Capabilities.BatchSupported", Expr::Bool(true)),
    Annotation::new(
        "Capabilities.BatchSupport",
        Expr::typed(
            "Capabilities.BatchSupportType",
            &[
                ("Supported", Expr::Bool(true)),
                ("ContinueOnErrorSupported", Expr::Bool(true)),
                ("ReferencesInRequestBodiesSupported", Expr::Bool(false)),
                ("ReferencesAcrossChangeSetsSupported", Expr::Bool(false)),
                ("EtagReferencesSupported", Expr::Bool(false)),
                ("RequestDependencyConditionsSupported", Expr::Bool(false)),
                (
                    "SupportedFormats",
                    Expr::Collection(&[
                        Expr::String("multipart/mixed"),
                        Expr::String("application/json"),
                    ]),
                ),
            ],
        ),
    ),
    Annotation::new("Capabilities.KeyAsSegmentSupported", Expr::Bool(false)),
    Annotation::new(
        "Capabilities.AsynchronousRequestsSupported",
        Expr::Bool(false),
    ),
    Annotation::new("Capabilities.CrossJoinSupported", Expr::Bool(false)),
    Annotation::new("Capabilities.QuerySegmentSupported", Expr::Bool(false)),
    Annotation::new("Capabilities.FilterFunctions", FILTER_FUNCTIONS),
];

const FILTER_FUNCTIONS: Expr = Expr::Collection(&[
    Expr::String("contains"),
    Expr::String("startswith"),
    Expr::String("endswith"),
    Expr::String("length"),
    Expr::String("indexof"),
    Expr::String("substring"),
    Expr::String("tolower"),
    Expr::String("toupper"),
    Expr::String("trim"),
    Expr::String("concat"),
    Expr::String("year"),
    Expr::String("month"),
    Expr::String("day"),
    Expr::String("hour"),
    Expr::String("minute"),
    Expr::String("second"),
    Expr::String("fractionalseconds"),
    Expr::String("date"),
    Expr::String("time"),
    Expr::String("totaloffsetminutes"),
    Expr::String("totalseconds"),
    Expr::String("now"),
    Expr::String("mindatetime"),
    Expr::String("maxdatetime"),
    Expr::String("round"),
    Expr::String("floor"),
    Expr::String("ceiling"),
    Expr::String("cast"),
    Expr::String("isof"),
    Expr::String("case"),
    Expr::String("matchesPattern"),
]);

/// A service of OData: where it is, what it has, and its metadata documents, written once.
#[derive(Debug)]
pub(crate) struct Model {
    /// The path of its root, without the last slash.
    pub(super) root: &'static str,
    pub(super) edm: &'static edm::Model,
    xml: String,
    json: String,
    etag: String,
    json_etag: String,
}

impl Model {
    pub(crate) fn catalog() -> Self {
        Self::new("/catalog", &CATALOG)
    }

    /// SAP's contract for file shares.
    pub(crate) fn fileshare() -> Self {
        Self::new("/fileshare", &fileshare::MODEL)
    }

    fn new(root: &'static str, edm: &'static edm::Model) -> Self {
        let xml = edm.to_xml();
        // equal in all instances of one build, which is all that a validator has to be
        let mut hasher = DefaultHasher::new();
        xml.hash(&mut hasher);
        Self {
            root,
            edm,
            json: edm.to_json(),
            etag: format!("W/\"{:016x}\"", hasher.finish()),
            json_etag: format!("W/\"{:016x}-json\"", hasher.finish()),
            xml,
        }
    }

    pub(super) fn xml(&self) -> String {
        self.xml.clone()
    }

    pub(super) fn json(&self) -> String {
        self.json.clone()
    }

    /// Written when it is asked for, which is seldom.
    pub(super) fn openapi(&self) -> String {
        self.edm.to_openapi(&OpenApi {
            title: "btp-s3-catalog",
            version: env!("CARGO_PKG_VERSION"),
            root: self.root,
            description: Some(env!("CARGO_PKG_DESCRIPTION")),
            bearer_format: Some("JWT"),
        })
    }

    /// Tag of the XML form, which is the one that service documents name.
    pub(super) fn etag(&self) -> &str {
        &self.etag
    }

    pub(super) fn json_etag(&self) -> &str {
        &self.json_etag
    }
}

#[cfg(test)]
mod tests {
    use super::Model;

    #[test]
    fn the_models_refer_to_nothing_that_they_lack() {
        for model in [Model::catalog(), Model::fileshare()] {
            assert_eq!(model.edm.dangling(), Vec::<String>::new());
        }
    }
}
