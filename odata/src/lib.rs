//! OData V4 without a framework: URLs to queries, rows to JSON and back.
//!
//! A service declares its [`edm::Model`], parses request targets with
//! [`Url::parse`], turns the query into a [`Plan`] for the entity type at
//! hand, applies it to [`Row`]s, and writes the answer with [`body::Writer`].
//! Every refusal is an [`Error`] whose kind maps to one status code.
//!
//! The crate does no I/O, knows no clock and no HTTP library. What the client
//! can make it do is bounded by the length of URL and body: nesting and the number
//! of terms are limited, and nothing is exponential.
//!
//! ```
//! use odata::body::Writer;
//! use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
//! use odata::{JsonFormat, Resource, Row, Url, Value, Version};
//!
//! static ZOO: Model = Model::new("Zoo")
//!     .entity_types(&[EntityType::new(
//!         "Animal",
//!         &["name"],
//!         &[
//!             Property::new("name", Primitive::String).required(),
//!             Property::new("legs", Primitive::Int32),
//!         ],
//!     )])
//!     .entity_sets(&[EntitySet::new("Animals", "Animal")]);
//!
//! struct Animal(&'static str, i32);
//!
//! impl Row for Animal {
//!     fn get(&self, property: &str) -> Value<'_> {
//!         match property {
//!             "name" => self.0.into(),
//!             "legs" => self.1.into(),
//!             _ => Value::Null,
//!         }
//!     }
//! }
//!
//! let rows = [Animal("ant", 6), Animal("bee", 6), Animal("cat", 4)];
//! let target = "/zoo/Animals?$filter=legs%20gt%204&$orderby=name%20desc&$top=1";
//! let url = Url::parse(&ZOO, "/zoo", target, Version::V40)?;
//! let Resource::Data(path) = &url.resource else {
//!     unreachable!("the target is a collection")
//! };
//! let plan = url.query.plan(&ZOO, path.entity_type, None)?;
//! let page = plan.apply(&rows, 1000)?;
//! let writer = Writer::new(&ZOO, path, plan.selection(), JsonFormat::default());
//! assert_eq!(
//!     writer.collection(&page, None)?,
//!     br#"{"@odata.context":"$metadata#Animals","value":[{"name":"bee","legs":6}]}"#
//! );
//! # Ok::<(), odata::Error>(())
//! ```
//!
//! | module | turns |
//! |---|---|
//! | [`edm`] | constants into `$metadata` and an `OpenAPI` document |
//! | [`path`] | a path into a [`Resource`] |
//! | [`query`] | a query into a [`Query`] |
//! | [`expression`] | text into a syntax tree |
//! | `bind` | a syntax tree into something typed that can be evaluated |
//! | [`plan`] | a query and rows into a [`Page`] |
//! | [`negotiate`] | headers into a [`Format`] and a [`Version`] |
//! | [`body`] | rows into JSON |
//! | [`mod@write`] | JSON into what a change or an action asks for |
//! | [`batch`] | many requests in one body, and back |

mod base64;
pub mod batch;
mod bind;
pub mod body;
mod data;
pub mod edm;
mod error;
pub mod expression;
mod fold;
mod json;
pub mod negotiate;
pub mod path;
pub mod plan;
pub mod query;
mod row;
#[cfg(test)]
mod testing;
mod text;
mod url;
mod value;
pub mod write;

pub use data::{Data, Record};
pub use error::{Error, ErrorKind};
pub use negotiate::{Format, JsonFormat, MetadataLevel, Offer, Version};
pub use path::{DataPath, Invocation, Key, Operation, Resource, Source, Tail};
pub use plan::{Aggregation, Derived, Expansion, Page, Plan, Selection};
pub use query::{Query, TextRange};
pub use row::{Expanded, Media, Related, Row};
pub use url::Url;
pub use value::{
    BadSpelling, Date, DateTimeOffset, Decimal, Duration, Guid, NotADecimal, TimeOfDay, Value,
};
