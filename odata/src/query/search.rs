//! `$search`: words and phrases, combined by `NOT`, `AND` and `OR`
//! ([URL Conventions, 5.1.8.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SearchExpressions)).

use std::fmt::{self, Display, Formatter, Write as _};

use crate::Error;
use crate::expression::Parser;

/// A search expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// A word, a phrase without its quotes, or an expression that is not
    /// complete yet.
    Term(String),
    /// `NOT …`
    Not(Box<Search>),
    /// `… AND …`, or `… …`; two or more.
    And(Vec<Search>),
    /// `… OR …`, two or more.
    Or(Vec<Search>),
}

impl<'t> Parser<'t> {
    /// Reads a search expression.
    pub(super) fn search(&mut self) -> Result<Search, Error> {
        self.skip_blanks();
        let search = if self.peek() == Some(b'\'') {
            // What a user has typed so far, quotes and all.
            self.spend()?;
            Search::Term(self.string()?)
        } else {
            self.search_or()?
        };
        self.skip_blanks();
        Ok(search)
    }

    fn search_or(&mut self) -> Result<Search, Error> {
        let mut any = vec![self.search_and()?];
        while let Some(after) = self.search_operator("OR") {
            self.at = after;
            any.push(self.search_and()?);
        }
        Ok(joined(any, Search::Or))
    }

    fn search_and(&mut self) -> Result<Search, Error> {
        let mut all = vec![self.search_operand()?];
        loop {
            let next = self.after_blanks(self.at);
            if next == self.at || self.search_ends(next) || self.search_operator("OR").is_some() {
                return Ok(joined(all, Search::And));
            }
            self.at = self.search_operator("AND").unwrap_or(next);
            all.push(self.search_operand()?);
        }
    }

    fn search_operand(&mut self) -> Result<Search, Error> {
        self.spend()?;
        let negated = self.search_word(self.at) == "NOT";
        let operand = self.after_blanks(self.at + "NOT".len());
        if negated && operand > self.at + "NOT".len() && !self.search_ends(operand) {
            self.at = operand;
            let inner = self.nested(Self::search_operand)?;
            return Ok(Search::Not(Box::new(inner)));
        }
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                self.skip_blanks();
                let inner = self.nested(Self::search_or)?;
                self.skip_blanks();
                self.expect(b')')?;
                Ok(inner)
            }
            Some(b'"') => self.search_phrase(),
            Some(_) | None => {
                let word = self.search_word(self.at);
                if word.is_empty() || word.starts_with('\'') {
                    return Err(self.expected("a word or a phrase"));
                }
                self.at += word.len();
                Ok(Search::Term(word.to_owned()))
            }
        }
    }

    /// Reads `"…"`, in which `\"` and `\\` stand for a quote and a backslash.
    fn search_phrase(&mut self) -> Result<Search, Error> {
        self.expect(b'"')?;
        let mut phrase = String::new();
        let mut rest = self.rest().chars();
        loop {
            let end = self.at + self.rest().len() - rest.as_str().len();
            match (rest.next(), rest.clone().next()) {
                (Some('"'), _) if phrase.is_empty() => {
                    self.at = end;
                    return Err(self.expected("a phrase"));
                }
                (Some('"'), _) => {
                    self.at = end + 1;
                    return Ok(Search::Term(phrase));
                }
                (Some('\\'), Some(escaped @ ('"' | '\\'))) => {
                    rest.next();
                    phrase.push(escaped);
                }
                (Some(other), _) => phrase.push(other),
                (None, _) => {
                    self.at = end;
                    return Err(self.expected("a closing quote"));
                }
            }
        }
    }

    /// The word at `index`; what is no word is an empty one.
    fn search_word(&self, index: usize) -> &'t str {
        let rest = self.rest_from(index);
        let ends = |(at, character): (usize, char)| {
            let end = character.is_whitespace()
                || matches!(character, '(' | ')' | '"')
                || (character == ';' && self.separates(index + at));
            end.then_some(at)
        };
        let length = rest.char_indices().find_map(ends).unwrap_or(rest.len());
        rest.get(..length).unwrap_or_default()
    }

    /// Where the right operand of an operator starts, if that operator comes
    /// next: `AND` and `OR` are words where no operand follows.
    fn search_operator(&self, operator: &str) -> Option<usize> {
        let start = self.after_blanks(self.at);
        let end = start + operator.len();
        let operand = self.after_blanks(end);
        let found = start > self.at
            && operand > end
            && self.search_word(start) == operator
            && !self.search_ends(operand);
        found.then_some(operand)
    }

    /// Whether the expression is over at `index`.
    fn search_ends(&self, index: usize) -> bool {
        match self.rest_from(index).chars().next() {
            None | Some(')') => true,
            Some(';') => self.separates(index),
            Some(_) => false,
        }
    }

    /// Whether the semicolon at `index` separates options: an encoded one is
    /// part of a word, but some clients encode all of them.
    fn separates(&self, index: usize) -> bool {
        let next = self.byte(self.after_blanks(index + 1));
        !self.text.is_encoded(index) || (self.is_nested() && matches!(next, Some(b'$' | b'@')))
    }
}

fn joined(mut operands: Vec<Search>, join: fn(Vec<Search>) -> Search) -> Search {
    match operands.pop() {
        Some(only) if operands.is_empty() => only,
        last => {
            operands.extend(last);
            join(operands)
        }
    }
}

impl Display for Search {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(text) => write_phrase(f, text),
            Self::Not(inner) if matches!(**inner, Self::And(_) | Self::Or(_)) => {
                write!(f, "NOT ({inner})")
            }
            Self::Not(inner) => write!(f, "NOT {inner}"),
            Self::And(operands) => chain(f, operands, " AND "),
            Self::Or(operands) => chain(f, operands, " OR "),
        }
    }
}

fn chain(f: &mut Formatter<'_>, operands: &[Search], operator: &str) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        match operand {
            Search::And(_) | Search::Or(_) => write!(f, "({operand})")?,
            Search::Term(_) | Search::Not(_) => write!(f, "{operand}")?,
        }
    }
    Ok(())
}

fn write_phrase(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    if text.is_empty() {
        // There is no empty phrase.
        return f.write_str("''");
    }
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}
