//! Where a setting's value comes from: environment, user-provided service, destination.

mod own_service;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::vcap::RawBinding;
use super::{Env, Problem, keys};
use own_service::{no_service, own_service};

const PREFIX: &str = "CATALOG_";

/// What an operator wrote down, by setting, with its origin; the first layer wins.
#[derive(Clone, Default)]
pub(crate) struct Layers {
    environment: BTreeMap<String, Sourced>,
    service: BTreeMap<String, Sourced>,
    /// Which user-provided service that is, or why there is none.
    place: String,
}

/// A value and where it stands.
#[derive(Clone)]
struct Sourced {
    value: SecretString,
    origin: String,
}

/// The lowest layer: what the destination's `aws.*` properties say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lowest<'a> {
    /// No destination is named.
    None,
    /// One is named, and has not been read yet: what is missing may stand there.
    NotYet,
    Read {
        destination: &'a str,
        properties: &'a BTreeMap<String, String>,
    },
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.environment.keys().chain(self.service.keys()))
            .finish()
    }
}

impl Layers {
    /// Collects `CATALOG_*` variables and our user-provided service.
    pub(super) fn read(
        env: &Env,
        bindings: &[RawBinding],
        problems: &mut Vec<Problem>,
        warnings: &mut Vec<String>,
    ) -> Self {
        let own = own_service(env, bindings);
        let place = match &own {
            Ok(Some(service)) => format!("nothing in user-provided service \"{}\"", service.name),
            Ok(None) | Err(_) => no_service(bindings),
        };
        let service = match own {
            Ok(Some(service)) => from_service(service, problems),
            Ok(None) => BTreeMap::new(),
            Err(problem) => {
                problems.push(problem);
                BTreeMap::new()
            }
        };
        Self {
            environment: from_environment(env, warnings),
            service,
            place,
        }
    }

    /// What options of a command line say: key, value, and the option for messages.
    pub(crate) fn of_options(options: &[(&'static str, String, &'static str)]) -> Self {
        let given = options.iter().map(|(key, value, option)| {
            let sourced = Sourced {
                value: value.as_str().into(),
                origin: format!("option --{option}"),
            };
            ((*key).to_owned(), sourced)
        });
        Self {
            environment: given.collect(),
            ..Self::default()
        }
    }

    fn get(&self, key: &str, lowest: Lowest<'_>) -> Option<Sourced> {
        let written = self.environment.get(key).or_else(|| self.service.get(key));
        written.cloned().or_else(|| from_destination(key, lowest))
    }
}

fn from_environment(env: &Env, warnings: &mut Vec<String>) -> BTreeMap<String, Sourced> {
    let mut found = BTreeMap::new();
    for (variable, value) in env.with_prefix(PREFIX) {
        let name = variable.trim_start_matches(PREFIX);
        if keys::SELECTORS.contains(&name) {
            continue;
        }
        let key = name.to_ascii_lowercase();
        if keys::find(&key).is_none() {
            let known = keys::ALL.iter().map(|k| k.name);
            warnings.push(format!(
                "the {} is no setting: {}",
                env.origin(variable),
                keys::suggestion(&key, known)
            ));
            continue;
        }
        if !value.trim().is_empty() {
            let origin = env.origin(variable);
            found.insert(
                key,
                Sourced {
                    value: value.into(),
                    origin,
                },
            );
        }
    }
    found
}

fn from_service(service: &RawBinding, problems: &mut Vec<Problem>) -> BTreeMap<String, Sourced> {
    let mut found = BTreeMap::new();
    for (key, value) in &service.credentials {
        let origin = format!("user-provided service \"{}\", key \"{key}\"", service.name);
        if keys::find(key).is_none() {
            let remedy = keys::suggestion(key, keys::ALL.iter().map(|k| k.name));
            problems.push(Problem::new(
                format!("\"{key}\" is no setting"),
                origin,
                remedy,
            ));
            continue;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                value.to_string()
            }
        };
        if !text.trim().is_empty() {
            found.insert(
                key.clone(),
                Sourced {
                    value: text.into(),
                    origin,
                },
            );
        }
    }
    found
}

/// A property may be spelled as our key or in the destination editor's camel case.
fn from_destination(key: &str, lowest: Lowest<'_>) -> Option<Sourced> {
    let Lowest::Read {
        destination,
        properties,
    } = lowest
    else {
        return None;
    };
    if !keys::find(key)?.in_destination {
        return None;
    }
    let (name, value) = properties
        .iter()
        .find(|(name, _)| snake_case(name) == key)?;
    (!value.trim().is_empty()).then(|| Sourced {
        value: value.as_str().into(),
        origin: format!("destination \"{destination}\", property \"aws.{name}\""),
    })
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// A setting's text and where it stands, for checks that name both.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) value: String,
    pub(super) origin: String,
}

/// Reads settings one by one and collects what is wrong with them.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    lowest: Lowest<'a>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers, lowest: Lowest<'a>) -> Self {
        Self {
            layers,
            lowest,
            problems: Vec::new(),
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<Text> {
        let found = self.layers.get(key, self.lowest)?;
        Some(Text {
            value: found.value.expose_secret().trim().to_owned(),
            origin: found.origin,
        })
    }

    pub(super) fn secret(&self, key: &str) -> Option<SecretString> {
        self.layers.get(key, self.lowest).map(|s| s.value)
    }

    /// A value that must be there, unless a destination may still bring it.
    pub(super) fn required(&mut self, key: &str, remedy: &str) -> Option<Text> {
        let found = self.text(key);
        if found.is_none() && !matches!(self.lowest, Lowest::NotYet) {
            self.missing(key, remedy);
        }
        found
    }

    pub(super) fn missing(&mut self, key: &str, remedy: &str) {
        let (variable, place) = (key.to_ascii_uppercase(), &self.layers.place);
        let origin = match self.lowest {
            Lowest::Read { destination, .. } => {
                format!(
                    "no CATALOG_{variable}, {place}, no aws.{key} in destination \"{destination}\""
                )
            }
            Lowest::None | Lowest::NotYet => format!("no CATALOG_{variable}, {place}"),
        };
        self.problems.push(Problem::new(
            format!("\"{key}\" is not set"),
            origin,
            remedy,
        ));
    }

    /// A value of some type; `check` says what a good one looks like.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match check(&text.value) {
            Ok(value) => Some(value),
            Err(remedy) => {
                self.bad(key, &text.origin, remedy);
                None
            }
        }
    }

    pub(super) fn bad(&mut self, key: &str, origin: &str, remedy: impl Into<String>) {
        self.problems.push(Problem::new(
            format!("\"{key}\" can't be used"),
            origin,
            remedy,
        ));
    }

    pub(super) fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        key: &str,
        least: T,
        most: T,
    ) -> Option<T> {
        self.parsed(key, |text| {
            let number = text.parse().ok().filter(|n| (least..=most).contains(n));
            number.ok_or_else(|| format!("write a number from {least} to {most}"))
        })
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        let flag = self.parsed(key, |text| match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("write true or false".to_owned()),
        });
        flag.unwrap_or(false)
    }

    /// A JSON array, or names separated by commas.
    pub(super) fn list(&mut self, key: &str) -> Option<Vec<String>> {
        self.parsed(key, |text| {
            if text.starts_with('[') {
                return serde_json::from_str(text)
                    .map_err(|_| "write a JSON array of strings".to_owned());
            }
            Ok(text
                .split(',')
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect())
        })
    }

    /// A JSON object of strings, or `key=value` pairs separated by commas.
    pub(super) fn pairs(&mut self, key: &str) -> Option<Vec<(String, String)>> {
        self.parsed(key, |text| {
            if text.starts_with('{') {
                let map: Result<BTreeMap<String, String>, _> = serde_json::from_str(text);
                return map
                    .map(|m| m.into_iter().collect())
                    .map_err(|_| "write a JSON object of strings".to_owned());
            }
            let pairs = text.split(',').map(|pair| {
                let (name, value) = pair
                    .split_once('=')
                    .ok_or("write pairs as key=value, separated by commas")?;
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            });
            pairs.collect::<Result<_, &str>>().map_err(str::to_owned)
        })
    }
}

/// Properties of a destination that look like ours and are none, with a suggestion.
pub(crate) fn unknown_properties<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let known = || {
        keys::ALL
            .iter()
            .filter(|k| k.in_destination)
            .map(|k| k.name)
    };
    let unknown = names.filter(|name| !known().any(|k| k == snake_case(name)));
    unknown
        .map(|name| {
            format!(
                "aws.{name} is no setting: {}",
                keys::suggestion(&snake_case(name), known())
            )
        })
        .collect()
}
