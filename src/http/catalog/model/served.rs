//! How much of the model the service can do by now. The model says no more than that; whoever
//! teaches the service something more switches it on here.

/// Objects are listed and read, as a set and from their bucket.
pub(super) const OBJECTS: bool = true;
/// The content of objects is read.
pub(super) const CONTENT: bool = true;
pub(super) const BATCH: bool = true;
pub(super) const EXPAND: bool = true;
pub(super) const SEARCH: bool = true;

/// All of them, or all but the last, which waits for something to be served.
pub(super) const fn last_if<T>(served: bool, all: &'static [T]) -> &'static [T] {
    match all.split_last() {
        Some((_, others)) if !served => others,
        _ => all,
    }
}
