//! Which properties the outcome of a transformation has.

use crate::Error;
use crate::bind::{Member, Shape};

/// What instances are grouped by, before what became of each group.
pub(super) fn with_groups(grouped: &Shape, inner: Shape) -> Result<Shape, Error> {
    if inner.is_whole() {
        return Ok(inner);
    }
    let mut kept: Vec<_> = grouped.properties().collect();
    let mut added = grouped.added().to_vec();
    for property in inner.properties() {
        if kept.iter().any(|it| it.name == property.name) {
            return Err(taken(property.name));
        }
        kept.push(property);
    }
    for other in inner.added() {
        if !added.iter().any(|it| it.name == other.name) {
            added.push(other.clone());
        }
    }
    let mut shape = Shape::aggregated(grouped.entity_type(), kept, added);
    shape.limit_to(grouped, &inner);
    Ok(shape)
}

/// Carries a property over to what rows are aggregated to.
pub(super) fn keep(aggregated: &mut Shape, shape: &Shape, name: &str) -> Result<(), Error> {
    if aggregated.member(name).is_some() {
        return Err(taken(name));
    }
    match shape.member(name) {
        Some(Member::Property(property)) => aggregated.keep(property),
        Some(Member::Added(added)) => aggregated.add(added.clone()),
        Some(Member::Navigation(_)) | None => {}
    }
    Ok(())
}

/// Names of new properties differ from all others.
pub(super) fn check_name(name: &str, shape: &Shape) -> Result<(), Error> {
    let declared = Shape::of(shape.entity_type());
    if declared.member(name).is_some() || shape.member(name).is_some() {
        return Err(taken(name));
    }
    Ok(())
}

fn taken(name: &str) -> Error {
    Error::bad_request(format!("\"{name}\" is the name of another property"))
}
