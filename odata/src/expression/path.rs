//! Words: keywords, calls, aliases and the paths they start.

use super::parser::{step_height, tallest};
use super::{Expression, Kind, Parser, Path, Root, Step};
use crate::query::Place;
use crate::{Error, Value, Version};

impl<'t> Parser<'t> {
    /// Reads what starts with a letter.
    pub(super) fn word_expression(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        if let Some((guid, length)) = self.guid() {
            self.at += length;
            return self.node(Kind::Literal(guid), start, 0);
        }
        let word = self.word("an expression")?.to_owned();
        match self.peek() {
            Some(b'\'') => {
                let kind = self.prefixed(&word)?;
                self.node(kind, start, 0)
            }
            Some(b'(') if self.is_keyword(&word, "case") => self.case(start),
            Some(b'(' | b'/') => self.path(start, Root::Instance, Some(word)),
            Some(_) | None => match self.keyword(&word) {
                Some(value) => self.node(Kind::Literal(value), start, 0),
                None => self.path(start, Root::Instance, Some(word)),
            },
        }
    }

    /// Reads `@alias`, `@annotation`, `$it`, `$this` or `$root`.
    pub(super) fn path_or_alias(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        if self.peek() == Some(b'@') {
            let name = self.annotation()?;
            if self.peek() == Some(b'/') || name.contains(['.', '#']) {
                return self.path_after(start, Root::Instance, vec![Step::Annotation(name)]);
            }
            return self.node(Kind::Alias(name), start, 0);
        }
        self.at += 1;
        let root = match self.word_at(self.at) {
            Some("it") => Root::It,
            Some("this") => Root::This,
            Some("root") => Root::Service,
            Some("these") => return Err(self.unsupported("\"$these\" is")),
            Some(_) | None => {
                self.at = start;
                return Err(self.expected("an expression"));
            }
        };
        self.word("a name")?;
        if root == Root::Service && self.peek() != Some(b'/') {
            return Err(self.expected("\"/\""));
        }
        self.path(start, root, None)
    }

    fn path(
        &mut self,
        start: usize,
        root: Root,
        first: Option<String>,
    ) -> Result<Expression, Error> {
        let mut steps = Vec::new();
        if let Some(word) = first {
            let lambda = matches!(word.as_str(), "any" | "all") && self.peek() == Some(b'(');
            if lambda {
                return Err(self.expected("an operator or end of input"));
            }
            let step = self.named(word)?;
            if let (Step::Call(..), Some(b'/' | b'(')) = (&step, self.peek()) {
                steps.push(step);
            } else if let Step::Call(name, arguments) = step {
                let height = tallest(arguments.iter().map(|it| &it.value));
                return self.node(Kind::Call(name, arguments), start, height);
            } else {
                steps.push(step);
            }
        }
        self.path_after(start, root, steps)
    }

    fn path_after(
        &mut self,
        start: usize,
        root: Root,
        mut steps: Vec<Step>,
    ) -> Result<Expression, Error> {
        loop {
            if self.peek() == Some(b'(') && !steps.is_empty() {
                steps.push(Step::Key(self.arguments()?));
            } else if self.take(b'/') {
                steps.push(self.step()?);
            } else {
                let height = steps.iter().map(step_height).max().unwrap_or(0);
                return self.node(Kind::Path(Path { root, steps }), start, height);
            }
            self.spend()?;
        }
    }

    fn step(&mut self) -> Result<Step, Error> {
        match self.peek() {
            Some(b'@') => Ok(Step::Annotation(self.annotation()?)),
            Some(b'$') if self.rest().starts_with("$count") => {
                self.at += "$count".len();
                let options = (self.peek() == Some(b'('))
                    .then(|| self.options(Place::Count))
                    .transpose()?;
                Ok(Step::Count(options.map(Box::new)))
            }
            Some(b'$') if self.rest().starts_with("$filter(") => {
                self.at += "$filter(".len();
                self.skip_blanks();
                let inner = self.nested(Self::expression)?;
                self.skip_blanks();
                self.expect(b')')?;
                Ok(Step::Filter(Box::new(inner)))
            }
            Some(_) | None => {
                let word = self.word("a property name")?.to_owned();
                let lambda = self.peek() == Some(b'(');
                if lambda && word == "aggregate" {
                    return Err(self.unsupported("\"aggregate\" in an expression is"));
                }
                if lambda && self.is_keyword(&word, "any") {
                    return Ok(Step::Any(self.lambda()?));
                }
                if lambda && self.is_keyword(&word, "all") {
                    return match self.lambda()? {
                        Some((variable, inner)) => Ok(Step::All(variable, inner)),
                        None => Err(self.expected("a lambda variable before")),
                    };
                }
                self.named(word)
            }
        }
    }

    fn named(&mut self, word: String) -> Result<Step, Error> {
        if self.peek() == Some(b'(') {
            let arguments = self.arguments()?;
            return Ok(Step::Call(word, arguments));
        }
        Ok(Step::Name(word))
    }

    /// Reads `()` or `(x:…)`.
    fn lambda(&mut self) -> Result<Option<(String, Box<Expression>)>, Error> {
        self.expect(b'(')?;
        self.skip_blanks();
        if self.take(b')') {
            return Ok(None);
        }
        let variable = self.word("a lambda variable")?.to_owned();
        self.skip_blanks();
        self.expect(b':')?;
        self.skip_blanks();
        let inner = self.nested(Self::expression)?;
        self.skip_blanks();
        self.expect(b')')?;
        Ok(Some((variable, Box::new(inner))))
    }

    /// Reads `@name` or `@namespace.name#qualifier`, without the `@`.
    pub(crate) fn annotation(&mut self) -> Result<String, Error> {
        self.expect(b'@')?;
        let mut name = self.word("a name")?.to_owned();
        if self.take(b'#') {
            name.push('#');
            name.push_str(self.word("a qualifier")?);
        }
        Ok(name)
    }

    fn keyword(&self, word: &str) -> Option<Value<'static>> {
        Some(if self.is_keyword(word, "null") {
            Value::Null
        } else if self.is_keyword(word, "true") {
            Value::Boolean(true)
        } else if self.is_keyword(word, "false") {
            Value::Boolean(false)
        } else if word == "INF" {
            Value::Double(f64::INFINITY)
        } else if word == "NaN" {
            Value::Double(f64::NAN)
        } else {
            return None;
        })
    }

    pub(crate) fn is_keyword(&self, word: &str, keyword: &str) -> bool {
        word == keyword || (self.version == Version::V401 && word.eq_ignore_ascii_case(keyword))
    }

    /// Reads an identifier, qualified or not.
    pub(crate) fn word(&mut self, what: &str) -> Result<&'t str, Error> {
        let Some(word) = self.word_at(self.at) else {
            return Err(self.expected(what));
        };
        self.at += word.len();
        Ok(word)
    }

    /// The identifier at `index`, qualified or not.
    pub(crate) fn word_at(&self, index: usize) -> Option<&'t str> {
        let rest = self.source.get(index..)?;
        let mut length = 0;
        let mut starts = true;
        for character in rest.chars() {
            let fits = if starts {
                character.is_alphabetic() || character == '_'
            } else {
                character.is_alphanumeric() || character == '_'
            };
            if fits {
                starts = false;
            } else if character == '.' && !starts {
                starts = true;
            } else {
                break;
            }
            length += character.len_utf8();
        }
        // A name does not end in a point.
        let word = rest.get(..length)?.trim_end_matches('.');
        (!word.is_empty()).then_some(word)
    }
}
