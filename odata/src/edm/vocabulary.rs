//! The vocabularies that annotations may use, and where clients find them.

use super::Model;
use super::annotation::{Expr, Part, walk};

/// Vocabularies of OASIS
/// (<https://github.com/oasis-tcs/odata-vocabularies>), by their alias.
const OASIS: [&str; 9] = [
    "Aggregation",
    "Authorization",
    "Capabilities",
    "Core",
    "JSON",
    "Measures",
    "Repeatability",
    "Temporal",
    "Validation",
];

/// Vocabularies of SAP (<https://github.com/SAP/odata-vocabularies>), by their
/// alias.
const SAP: [&str; 10] = [
    "Analytics",
    "CodeList",
    "Common",
    "Communication",
    "DataIntegration",
    "Hierarchy",
    "HTML5",
    "PersonalData",
    "Session",
    "UI",
];

/// A vocabulary that a model uses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Vocabulary {
    pub(super) alias: &'static str,
    pub(super) namespace: String,
    /// Address of its documents, without `.xml` or `.json`.
    pub(super) uri: String,
}

impl Vocabulary {
    pub(super) fn find(wanted: &str) -> Option<Self> {
        let known = |aliases: &[&'static str]| aliases.iter().copied().find(|it| *it == wanted);
        if let Some(alias) = known(&OASIS) {
            let namespace = format!("Org.OData.{alias}.V1");
            let uri =
                format!("https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{namespace}");
            return Some(Self {
                alias,
                namespace,
                uri,
            });
        }
        let alias = known(&SAP)?;
        Some(Self {
            alias,
            namespace: format!("com.sap.vocabularies.{alias}.v1"),
            uri: format!("https://sap.github.io/odata-vocabularies/vocabularies/{alias}"),
        })
    }
}

impl Model {
    /// The vocabularies that annotations use.
    pub(super) fn vocabularies(&self) -> Vec<Vocabulary> {
        let mut used = Vec::new();
        for target in self.targets() {
            walk(target.annotations, &mut |part| {
                used.extend(qualifiers(part));
            });
        }
        let all = OASIS.iter().chain(&SAP);
        all.filter(|alias| used.contains(alias))
            .filter_map(|alias| Vocabulary::find(alias))
            .collect()
    }
}

/// What stands before the last dot of each qualified name, except in paths to
/// properties.
pub(super) fn qualifiers(part: Part) -> Vec<&'static str> {
    let of = |name: &'static str| name.rsplit_once('.').map(|(qualifier, _)| qualifier);
    match part {
        Part::Annotation(annotation) => of(annotation.term).into_iter().collect(),
        Part::Expr(Expr::Record(record)) => record.of_type.and_then(of).into_iter().collect(),
        Part::Expr(Expr::EnumMember(members)) => {
            let names = members.split(' ').filter_map(|it| it.split('/').next());
            names.filter_map(of).collect()
        }
        Part::Expr(Expr::AnnotationPath(path) | Expr::Path(path)) => {
            path.split('@').skip(1).filter_map(of).collect()
        }
        Part::Expr(_) => Vec::new(),
    }
}
