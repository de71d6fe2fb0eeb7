//! Reading patterns.

use super::{Assertion, Node, Set};
use crate::Error;

/// Deepest nesting of groups.
const MAX_DEPTH: u8 = 32;

/// Most ranges of a class.
const MAX_RANGES: usize = 64;

const DIGITS: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const BLANK: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];

pub(super) struct Reader<'t> {
    rest: std::str::Chars<'t>,
    depth: u8,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text.chars(),
            depth: 0,
        }
    }

    pub(super) fn whole(mut self) -> Result<Node, Error> {
        let node = self.choice()?;
        match self.rest.next() {
            None => Ok(node),
            Some(_) => Err(broken("a parenthesis closes nothing")),
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.as_str().strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.chars();
                true
            }
            None => false,
        }
    }

    fn choice(&mut self) -> Result<Node, Error> {
        let mut choices = vec![self.sequence()?];
        while self.take("|") {
            choices.push(self.sequence()?);
        }
        Ok(Node::Choice(choices))
    }

    fn sequence(&mut self) -> Result<Node, Error> {
        let mut nodes = Vec::new();
        while let Some(character) = self.peek() {
            if matches!(character, '|' | ')') {
                break;
            }
            let node = self.atom()?;
            nodes.push(self.quantified(node)?);
        }
        Ok(Node::Sequence(nodes))
    }

    fn atom(&mut self) -> Result<Node, Error> {
        Ok(match self.rest.next() {
            Some('^') => Node::Assert(Assertion::Start),
            Some('$') => Node::Assert(Assertion::End),
            Some('.') => Node::Set(Set {
                ranges: vec![('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')],
                negated: true,
            }),
            Some('(') => return self.group(),
            Some('[') => Node::Set(self.class()?),
            Some('\\') if self.take("b") => Node::Assert(Assertion::WordBoundary),
            Some('\\') if self.take("B") => Node::Assert(Assertion::NoWordBoundary),
            Some('\\') => Node::Set(self.escape()?),
            Some('*' | '+' | '?') => return Err(broken("nothing is repeated")),
            Some(character) => Node::Set(one(character)),
            None => return Err(broken("it ends too early")),
        })
    }

    fn group(&mut self) -> Result<Node, Error> {
        if !self.take("?:") && self.peek() == Some('?') {
            return Err(unsupported("Look around and named groups are"));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(broken("it is nested too deeply"));
        }
        let node = self.choice()?;
        self.depth -= 1;
        if self.take(")") {
            Ok(node)
        } else {
            Err(broken("a parenthesis is not closed"))
        }
    }

    fn quantified(&mut self, node: Node) -> Result<Node, Error> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.counts() {
                Some(counts) => counts,
                None => return Ok(node),
            },
            Some(_) | None => return Ok(node),
        };
        self.rest.next();
        // Whether it takes more or less makes no difference to matching.
        self.take("?");
        if most.is_some_and(|most| most < least) {
            return Err(broken("a count is greater than its limit"));
        }
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err(broken("nothing is repeated"));
        }
        Ok(Node::Repeat(Box::new(node), least, most))
    }

    /// Reads `{2,3` up to its brace; what does not read so is text.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let (inside, _) = self.rest.as_str().strip_prefix('{')?.split_once('}')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // More than there is room for is refused when it is compiled.
            digits.then(|| text.parse().unwrap_or(u32::MAX))
        };
        let counts = match inside.split_once(',') {
            None => (number(inside)?, Some(number(inside)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        self.rest = self.rest.as_str().get(inside.len() + 1..)?.chars();
        Some(counts)
    }

    fn class(&mut self) -> Result<Set, Error> {
        let mut set = Set {
            ranges: Vec::new(),
            negated: self.take("^"),
        };
        while !self.take("]") {
            if set.ranges.len() > MAX_RANGES {
                return Err(unsupported("A class with so many characters is"));
            }
            let low = self.class_atom()?;
            let mut range = self.rest.clone();
            let is_range = range.next() == Some('-') && range.next().is_some_and(|it| it != ']');
            if !is_range {
                set.ranges.extend(low.ranges);
                continue;
            }
            self.take("-");
            let high = self.class_atom()?;
            match (low.ranges.as_slice(), high.ranges.as_slice()) {
                ([(low, same)], [(high, other)]) if low == same && high == other && low <= high => {
                    set.ranges.push((*low, *high));
                }
                _ => return Err(broken("a range of characters is the wrong way round")),
            }
        }
        Ok(set)
    }

    fn class_atom(&mut self) -> Result<Set, Error> {
        match self.rest.next() {
            Some('\\') if self.take("b") => Ok(one('\u{8}')),
            Some('\\') => {
                let set = self.escape()?;
                if set.negated {
                    return Err(unsupported("A negated class inside another is"));
                }
                Ok(set)
            }
            Some(character) => Ok(one(character)),
            None => Err(broken("a bracket is not closed")),
        }
    }

    fn escape(&mut self) -> Result<Set, Error> {
        let class = |ranges: &[(char, char)], negated| Set {
            ranges: ranges.to_vec(),
            negated,
        };
        Ok(match self.rest.next() {
            Some('d') => class(DIGITS, false),
            Some('D') => class(DIGITS, true),
            Some('w') => class(WORD, false),
            Some('W') => class(WORD, true),
            Some('s') => class(BLANK, false),
            Some('S') => class(BLANK, true),
            Some('n') => one('\n'),
            Some('r') => one('\r'),
            Some('t') => one('\t'),
            Some('f') => one('\u{c}'),
            Some('v') => one('\u{b}'),
            Some('0') => one('\0'),
            Some('x') => one(self.code(2)?),
            Some('u') => one(self.code(4)?),
            Some('1'..='9' | 'k') => return Err(unsupported("Back references are")),
            Some('p' | 'P' | 'c') => return Err(unsupported("This escape is")),
            Some(other) => one(other),
            None => return Err(broken("a backslash ends it")),
        })
    }

    fn code(&mut self, digits: usize) -> Result<char, Error> {
        let code = self.rest.as_str().get(..digits);
        let character = code
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| broken("an escape has no hexadecimal digits"))?;
        self.rest = self.rest.as_str().get(digits..).unwrap_or_default().chars();
        Ok(character)
    }
}

fn one(character: char) -> Set {
    Set {
        ranges: vec![(character, character)],
        negated: false,
    }
}

fn broken(why: &str) -> Error {
    Error::bad_request(format!("The pattern is no regular expression: {why}"))
}

fn unsupported(what: &str) -> Error {
    Error::not_implemented(format!("{what} not supported in patterns"))
}
