//! Who waits for whom: identifiers, `dependsOn` and references in URLs.

use std::collections::HashMap;

use super::address::reference;
use super::{Answer, BatchError, Format, Grouping, Item, malformed};

/// Fills in which items have to come first, and refuses what refers to
/// nothing before it.
///
/// In JSON no identifier may come twice, or nobody could tell whose answer is
/// whose. Multipart clients may number each change set anew, as OData 4.0 let
/// them: there the latest request of a name is meant.
pub(super) fn link(items: &mut [Item<'_>], format: Format) -> Result<(), BatchError> {
    let mut known = HashMap::new();
    for (index, item) in items.iter_mut().enumerate() {
        let mut after = Vec::new();
        let (mut doubled, mut unknown) = (None, None);
        if let Grouping::AtomicityGroup(name) = &item.grouping
            && known.insert(name.clone(), index).is_some()
        {
            doubled = Some(name.clone());
        }
        for request in &item.requests {
            for name in &request.depends_on {
                match known.get(name) {
                    Some(earlier) => after.push(*earlier),
                    None => unknown = Some(name.clone()),
                }
            }
            after.extend(reference(&request.target).and_then(|(id, _)| known.get(id)));
            if let Some(id) = &request.id
                && let Some(earlier) = known.insert(id.clone(), index)
                && (format == Format::Json || earlier == index)
            {
                doubled = Some(id.clone());
            }
        }
        // What happens inside a group is the group's own matter.
        after.retain(|earlier| *earlier != index);
        after.sort_unstable();
        after.dedup();
        item.after = after;
        if let Some(name) = doubled {
            let text = format!("The identifier \"{name}\" is used more than once");
            if format == Format::Json {
                return Err(malformed(text));
            }
            item.refuse(Answer::bad_request(&text));
        }
        if let Some(name) = unknown {
            let text = format!("No request or group before this one is called \"{name}\"");
            item.refuse(Answer::bad_request(&text));
        }
    }
    Ok(())
}
