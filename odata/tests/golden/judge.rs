//! Whether two answers agree, and why one may differ from its peers.

use serde_json::Value;

use crate::case::Case;
use crate::said::{Data, Said};

/// Why a kind of request is answered otherwise than by the peers.
pub(crate) struct Rule {
    pub(crate) name: String,
    /// All have to hold, see [`Case::has`].
    when: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With one peer or both.
    Agrees(&'static str),
    /// By the rule of that name.
    Deviates(String),
    Unexplained,
}

impl Rule {
    /// Reads the rules; each has a reason and the section it follows from.
    pub(crate) fn read_all(text: &str) -> Vec<Self> {
        let json: Value = serde_json::from_str(text).unwrap();
        json.as_array().unwrap().iter().map(Self::read).collect()
    }

    fn read(json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty()).unwrap();
        let (name, _, _) = (text("name"), text("reason"), text("section"));
        let when: Vec<String> = json["when"]
            .as_array()
            .unwrap()
            .iter()
            .map(|condition| condition.as_str().unwrap().to_owned())
            .collect();
        assert!(
            when.iter().any(|it| it.starts_with("ours ")),
            "rule \"{name}\" has to say what the right answer is"
        );
        Self {
            name: name.to_owned(),
            when,
        }
    }
}

/// What two collections have to have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// All rows in their order.
    Same,
    /// All rows.
    Any,
    /// As many rows.
    Window,
}

pub(crate) fn judge(case: &Case, ours: &Said, rules: &[Rule]) -> Verdict {
    let cap = agree(ours, &case.cap, Order::Same);
    let odatapy = agree(ours, &case.odatapy, case.order());
    match (cap, odatapy) {
        (true, true) => return Verdict::Agrees("both"),
        (true, false) => return Verdict::Agrees("cap"),
        (false, true) => return Verdict::Agrees("odatapy"),
        (false, false) => {}
    }
    let applies = |rule: &&Rule| rule.when.iter().all(|it| case.has(it, ours));
    match rules.iter().find(applies) {
        Some(rule) => Verdict::Deviates(rule.name.clone()),
        None => Verdict::Unexplained,
    }
}

/// Whether our answer and a peer's say the same. CAP orders by key where no
/// order is asked for, and so do we; odatapy does not, and need not
/// ([Protocol, 11.2.6.2](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_SystemQueryOptionorderby)):
/// its pages hold other rows then, and only how many can be compared.
fn agree(ours: &Said, peer: &Said, order: Order) -> bool {
    ours.status == peer.status
        && match (&ours.data, &peer.data) {
            (Data::Parts(ours), Data::Parts(peers)) => {
                ours.len() == peers.len()
                    && ours
                        .iter()
                        .zip(peers)
                        .all(|(ours, peer)| agree(ours, peer, order))
            }
            (
                Data::Rows { rows, count, next },
                Data::Rows {
                    rows: peers,
                    count: peer_count,
                    next: peer_next,
                },
            ) => {
                count == peer_count
                    && next == peer_next
                    && rows.len() == peers.len()
                    && same_rows(rows, peers, order)
            }
            (ours, peer) => ours == peer,
        }
}

fn same_rows(ours: &[Value], peers: &[Value], order: Order) -> bool {
    match order {
        Order::Same => return ours == peers,
        Order::Window => return ours.len() == peers.len(),
        Order::Any => {}
    }
    let mut left: Vec<_> = peers.iter().collect();
    for row in ours {
        match left.iter().position(|peer| *peer == row) {
            Some(index) => drop(left.swap_remove(index)),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(cap: u16, odatapy: u16) -> Case {
        let line = format!(
            r#"{{"request":{{"method":"GET","path":"/s/Buckets?$top=-1","headers":{{}}}},
                "cap":{{"status":{cap}}},"odatapy":{{"status":{odatapy}}}}}"#
        );
        Case::read(&line, &[])
    }

    #[test]
    fn a_difference_needs_a_rule_that_fits() {
        let ours = Said::new(400, "application/json", "{}");
        let rules = |option: &str| {
            Rule::read_all(&format!(
                r#"[{{"name":"n","reason":"r","section":"s","when":["ours 400|501","option {option}"]}}]"#
            ))
        };
        assert_eq!(
            judge(&case(200, 400), &ours, &[]),
            Verdict::Agrees("odatapy")
        );
        assert_eq!(judge(&case(200, 500), &ours, &[]), Verdict::Unexplained);
        let deviates = Verdict::Deviates("n".to_owned());
        assert_eq!(
            judge(&case(200, 500), &ours, &rules("$skip|$top")),
            deviates
        );
        assert_eq!(
            judge(&case(200, 500), &ours, &rules("$skip")),
            Verdict::Unexplained
        );
    }

    #[test]
    fn rows_agree_in_the_order_that_was_asked_for() {
        let rows = |text: &str| Said::new(200, "application/json", text);
        let (ours, other) = (rows(r#"{"value":[1,2]}"#), rows(r#"{"value":[2,1]}"#));
        let fewer = rows(r#"{"value":[1]}"#);
        assert!(agree(&ours, &other, Order::Any) && agree(&ours, &other, Order::Window));
        assert!(!agree(&ours, &other, Order::Same));
        assert!(!agree(&ours, &fewer, Order::Window));
        assert!(!agree(&ours, &rows(r#"{"value":[1,3]}"#), Order::Any));
    }
}
