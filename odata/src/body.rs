//! Rows as JSON
//! ([JSON Format](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html)),
//! written straight into bytes.
//!
//! Members stand in the order of SAP's CAP, which clients have got used to:
//! context, count, next link, value; in an entity context, etag, properties.

mod cell;
mod context;
mod control;
mod data;
mod entity;
mod error;
mod json;
mod layout;

pub use entity::Writer;
pub use error::{ErrorDetail, error, error_body};
pub(crate) use json::{Json, write_string};

use crate::edm::Model;
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::path::Invocation;
use crate::{Data, Value};
use data::Declared;

/// The service document.
pub fn service_document(model: &Model, format: JsonFormat, etag: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut json = Json::new(&mut out);
    json.begin_object();
    if format.metadata != MetadataLevel::None {
        json.key("@odata.context").string("$metadata");
        if let Some(etag) = etag {
            json.key("@odata.metadataEtag").string(etag);
        }
    }
    json.key("value").begin_array();
    for set in model.entity_sets {
        json.item().begin_object();
        json.key("name").string(set.name);
        json.key("url").string(set.name);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    out
}

/// The body of `/$value`; `None` for null, which is answered with no content.
pub fn raw_value(value: &Value<'_>) -> Option<Vec<u8>> {
    if value.is_null() {
        return None;
    }
    if let Value::Binary(bytes) = value {
        return Some(bytes.to_vec());
    }
    if let Some(text) = value.as_str() {
        return Some(text.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(32);
    json::write_value(&mut out, value, false);
    // Dates and guids are quoted in JSON and bare here.
    out.retain(|byte| *byte != b'"');
    Some(out)
}

/// The body for what an operation returns, if that is no entity: a primitive
/// or complex value, or a collection of them. `None` for null and for actions
/// that return nothing, which is answered with no content.
pub fn result(
    model: &'static Model,
    invocation: &Invocation,
    data: &Data<'_>,
    format: JsonFormat,
) -> Option<Vec<u8>> {
    let returns = invocation.operation.returns()?;
    let context = context::result(model, invocation, returns);
    Declared::result(model, returns, format).document(&context, data)
}

/// The body of `/$count`.
pub fn raw_count(count: u64) -> Vec<u8> {
    count.to_string().into_bytes()
}

/// Writes the value of `@odata.count`.
fn write_count(out: &mut Vec<u8>, count: u64, format: JsonFormat) {
    let count = count.to_string();
    if format.ieee754_compatible {
        write_string(out, &count);
    } else {
        out.extend_from_slice(count.as_bytes());
    }
}
