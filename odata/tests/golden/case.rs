//! A recorded request with what its peers answered, and the features of it
//! that rules speak of.

use serde_json::Value;

use crate::judge::Order;
use crate::said::{Data, Said};

pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) cap: Said,
    pub(crate) odatapy: Said,
    /// Path segments, decoded and without what stands in parentheses.
    segments: Vec<String>,
    /// Names of query options, decoded.
    options: Vec<String>,
    /// What is neither a string nor punctuation in the query: names,
    /// operators, numbers; functions with their parenthesis.
    words: Vec<String>,
    /// The target, decoded.
    text: String,
    /// The key in the path, if it is a string.
    key: Option<String>,
    /// The keys of the rows that are served.
    ids: Vec<String>,
}

impl Case {
    pub(crate) fn read(line: &str, ids: &[String]) -> Self {
        let json: Value = serde_json::from_str(line).unwrap();
        let request = &json["request"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let target = text(&request["path"]);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let pieces: Vec<_> = query.split('&').filter(|piece| !piece.is_empty()).collect();
        let name = |piece: &&str| decoded(piece.split('=').next().unwrap_or_default());
        let values = pieces.iter().filter_map(|piece| piece.split_once('='));
        Self {
            id: text(&json["id"]),
            method: text(&request["method"]),
            headers: request["headers"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            body: text(&request["body"]),
            cap: recorded(&json["cap"]),
            odatapy: recorded(&json["odatapy"]),
            segments: segments
                .map(|segment| {
                    decoded(segment)
                        .split('(')
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                })
                .collect(),
            options: pieces.iter().map(name).collect(),
            words: values
                .flat_map(|(_, value)| words(&decoded(value)))
                .collect(),
            text: decoded(&target.replace('+', " ")),
            key: key_of(path),
            ids: ids.to_vec(),
            target,
        }
    }

    /// Whether a condition holds: alternatives with `|` between them, each a
    /// kind and what it is about; a number or a word alone is of the kind
    /// before it. `!` turns a condition around. `ours` is our answer.
    pub(crate) fn has(&self, condition: &str, ours: &Said) -> bool {
        if let Some(condition) = condition.strip_prefix('!') {
            return !self.has(condition, ours);
        }
        let mut kind = "";
        condition.split('|').any(|alternative| {
            let wanted = match alternative.split_once(' ') {
                Some((named, wanted)) if KINDS.contains(&named) => {
                    kind = named;
                    wanted
                }
                Some(_) | None => alternative,
            };
            self.is(kind, wanted, ours)
        })
    }

    fn is(&self, kind: &str, wanted: &str, ours: &Said) -> bool {
        let has = |list: &[String]| list.iter().any(|it| it == wanted);
        let path = self.target.split('?').next().unwrap_or_default();
        match (kind, wanted) {
            ("method", _) => self.method == wanted,
            ("segment", _) => has(&self.segments),
            ("option", _) => has(&self.options),
            ("word", _) => has(&self.words),
            ("text", _) => self.text.contains(wanted),
            ("raw", _) => self.target.contains(wanted),
            ("path", "end") => path.len() > 1 && path.ends_with('/'),
            ("path", _) => path.contains(wanted),
            ("body", _) => self.body.contains(wanted),
            ("header", _) => {
                let (name, text) = wanted.split_once('=').unwrap_or((wanted, ""));
                self.has_header(name, text)
            }
            ("cap", _) => self.cap.status.to_string() == wanted,
            ("odatapy", _) => self.odatapy.status.to_string() == wanted,
            ("ours", _) => ours.status.to_string() == wanted,
            ("", "slash in a string") => self.splits_a_string(),
            ("", "key as segment") => self.has_key_as_segment(),
            ("", "broken escape") => self.has_broken_escape(),
            ("", "instant without offset") => self.has_bare_instant(),
            ("", "repeated option") => self.repeats_an_option(),
            ("", "number") => self.words.iter().any(|word| is_number(word)),
            ("", "absent key") => self.key.as_ref().is_some_and(|key| !self.ids.contains(key)),
            ("", "foreign rows") => [&self.cap, &self.odatapy]
                .iter()
                .any(|it| self.is_foreign(it)),
            ("", "long URL") => self.target.len() > 8192,
            ("", "root") => self.segments.len() < 2,
            ("", "other number of parts") => {
                ours.parts() != self.cap.parts() || ours.parts() != self.odatapy.parts()
            }
            _ => panic!("no condition: {kind} {wanted}"),
        }
    }

    /// How far the rows of a peer that keeps no order have to be ours.
    pub(crate) fn order(&self) -> Order {
        let asked = |what: &str| self.text.contains(what) || self.body.contains(what);
        if asked("orderby") {
            Order::Same
        } else if asked("top") || asked("skip") || self.has_header("Prefer", "maxpagesize") {
            Order::Window
        } else {
            Order::Any
        }
    }

    fn has_header(&self, name: &str, text: &str) -> bool {
        let named = |(other, value): &(String, String)| {
            other.eq_ignore_ascii_case(name) && value.contains(text)
        };
        self.headers.iter().any(named)
    }

    /// Whether a "/" that is not encoded stands inside a string.
    fn splits_a_string(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        let odd = |segment: &str| decoded(segment).matches('\'').count() % 2 == 1;
        path.split('/').any(odd)
    }

    fn has_broken_escape(&self) -> bool {
        let hex = |text: &str| {
            let digits = text.get(..2).map(str::as_bytes).unwrap_or_default();
            digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
        };
        let escapes = self.target.split('%').skip(1);
        self.text.contains('\u{fffd}') || escapes.into_iter().any(|escape| !hex(escape))
    }

    /// Whether a time follows a date, and nothing that says where.
    fn has_bare_instant(&self) -> bool {
        let mut times = self.text.split('T').skip(1);
        times.any(|time| {
            let clock =
                time.trim_start_matches(|it: char| it.is_ascii_digit() || ":.".contains(it));
            clock.len() + 4 < time.len() && !clock.starts_with(['Z', 'z', '+', '-'])
        })
    }

    /// Whether what follows a collection can be nothing but a key.
    fn has_key_as_segment(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        let mut segments = path.split('/').skip_while(|it| *it != "Buckets").skip(1);
        let first = segments.next().unwrap_or_default();
        !first.is_empty() && !decoded(first).starts_with('$') && !first.contains('.')
    }

    fn repeats_an_option(&self) -> bool {
        let names = || self.options.iter().enumerate();
        names().any(|(index, name)| names().any(|(other, it)| other > index && it == name))
    }

    fn is_foreign(&self, said: &Said) -> bool {
        let foreign = |row: &Value| {
            let id = row["id"].as_str();
            id.is_some_and(|id| !self.ids.iter().any(|it| it == id))
        };
        match &said.data {
            Data::Rows { rows, .. } => rows.iter().any(foreign),
            Data::One(row) => foreign(row),
            Data::Nothing | Data::Text(_) | Data::Document | Data::Parts(_) => false,
        }
    }
}

/// Kinds of conditions that are about something.
const KINDS: [&str; 12] = [
    "method", "segment", "option", "word", "text", "raw", "path", "body", "header", "cap",
    "odatapy", "ours",
];

/// A number that is not just digits.
fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        && word.contains(['.', 'e', 'E'])
        && word
            .chars()
            .all(|it| it.is_ascii_digit() || ".eE".contains(it))
}

fn key_of(path: &str) -> Option<String> {
    let path = decoded(path);
    let (_, rest) = path.split_once('\'')?;
    let (key, _) = rest.rsplit_once('\'')?;
    Some(key.replace("''", "'"))
}

fn recorded(json: &Value) -> Said {
    let status = json["status"]
        .as_u64()
        .and_then(|status| status.try_into().ok());
    let content_type = json["content_type"].as_str().unwrap_or_default();
    Said::new(
        status.unwrap_or_default(),
        content_type,
        json["body"].as_str().unwrap_or_default(),
    )
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = text_of(after.get(..2)).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = after;
        bytes.push(*first);
        if let Some(byte) = code.filter(|_| *first == b'%') {
            rest = &after[2..];
            bytes.pop();
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn text_of(bytes: Option<&[u8]>) -> Option<&str> {
    std::str::from_utf8(bytes?).ok()
}

fn words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    // What stands between quotes is every other piece.
    for piece in value.split('\'').step_by(2) {
        let mut word = String::new();
        for letter in piece.chars().chain([' ']) {
            if letter.is_alphanumeric() || "_$@.".contains(letter) {
                word.push(letter);
                continue;
            }
            if letter == '(' && !word.is_empty() {
                word.push(letter);
            }
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        }
    }
    words
}
