//! Precedence climbing over the bytes of one decoded text.
//!
//! Operators, `and`, `or` and `not` are not reserved: a word is an operator
//! only where an operator can stand. Depth and number of nodes are bounded,
//! and no byte is read twice except to look one word ahead, so hostile input
//! costs no more than its length.

use std::ops::Range;

use super::precedence::{Infix, Level};
use super::{Budget, Expression, Kind, MAX_DEPTH, Operator, Step};
use crate::text::Text;
use crate::{Error, Version};

/// Reads expressions, one after the other, from a text.
#[derive(Debug)]
pub(crate) struct Parser<'t> {
    pub(crate) text: &'t Text<'t>,
    pub(super) source: &'t str,
    pub(crate) at: usize,
    depth: u16,
    /// Whether `"…"` is a string here: inside `[…]` and `{…}`.
    pub(super) json: bool,
    pub(crate) version: Version,
    budget: &'t mut Budget,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t Text<'t>, version: Version, budget: &'t mut Budget) -> Self {
        Self {
            source: text.as_str(),
            text,
            at: 0,
            depth: 0,
            json: false,
            version,
            budget,
        }
    }

    /// Reads an expression that fills the text.
    pub(crate) fn whole(mut self) -> Result<Expression, Error> {
        let expression = self.expression()?;
        self.end("an operator or end of input")?;
        Ok(expression)
    }

    /// Reads an expression as far as it goes.
    pub(crate) fn expression(&mut self) -> Result<Expression, Error> {
        self.climb(Level::Or)
    }

    fn climb(&mut self, lowest: Level) -> Result<Expression, Error> {
        let mut left = self.unary()?;
        while let Some((infix, after)) = self.infix() {
            let level = infix.level();
            if level < lowest || level >= Level::Unary {
                break;
            }
            self.at = after;
            let right = self.climb(level.tighter())?;
            left = match infix {
                Infix::Or => self.chain(left, right, Kind::Or)?,
                Infix::And => self.chain(left, right, Kind::And)?,
                Infix::Binary(operator) => self.binary(operator, left, right)?,
            };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') && !self.starts_number() {
            self.at += 1;
            self.skip_blanks();
            let operand = self.nested(Self::unary)?;
            let height = operand.height;
            return self.node(Kind::Negate(Box::new(operand)), start, height);
        }
        if let Some(after) = self.not_operator() {
            self.at = after;
            let operand = self.nested(Self::unary)?;
            let height = operand.height;
            return self.node(Kind::Not(Box::new(operand)), start, height);
        }
        let mut operand = self.primary()?;
        while let Some((Infix::Binary(operator), after)) = self.infix()
            && operator.level() == Level::Primary
        {
            self.at = after;
            let right = if operator == Operator::In && self.peek() == Some(b'(') {
                self.list()?
            } else {
                self.primary()?
            };
            operand = self.binary(operator, operand, right)?;
        }
        Ok(operand)
    }

    fn primary(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                self.skip_blanks();
                let mut inner = self.nested(Self::expression)?;
                self.skip_blanks();
                self.expect(b')')?;
                inner.span = self.span(start);
                Ok(inner)
            }
            Some(b'[') => self.array(),
            Some(b'{') => self.object(),
            Some(b'\'' | b'0'..=b'9' | b'-' | b'+') => {
                let value = self.literal()?;
                self.node(Kind::Literal(value), start, 0)
            }
            Some(b'"') if self.json => {
                let text = self.json_string()?;
                self.node(Kind::Literal(text.into()), start, 0)
            }
            Some(b'@' | b'$') => self.path_or_alias(),
            Some(_) => self.word_expression(),
            None => Err(self.expected("an expression")),
        }
    }

    /// Reads `(…,…)` after `in`; with one item it may be any expression.
    fn list(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        self.expect(b'(')?;
        self.skip_blanks();
        let mut items = Vec::new();
        while self.peek() != Some(b')') {
            if !items.is_empty() {
                self.expect(b',')?;
                self.skip_blanks();
            }
            items.push(self.nested(Self::expression)?);
            self.skip_blanks();
        }
        self.at += 1;
        // https://docs.oasis-open.org/odata/odata/v4.01/os/abnf: listExpr
        let literal = |it: &Expression| {
            matches!(
                it.kind,
                Kind::Literal(_) | Kind::Enumeration(..) | Kind::Spatial(..)
            )
        };
        if let [_, _, ..] = items.as_slice()
            && let Some(other) = items.iter().find(|it| !literal(it))
        {
            return Err(Error::syntax(
                other.span.start,
                "Expected a literal but an expression found",
            ));
        }
        let height = tallest(&items);
        self.node(Kind::List(items), start, height)
    }

    /// The operator that comes next, and where its right operand starts.
    fn infix(&self) -> Option<(Infix, usize)> {
        let word_start = self.after_blanks(self.at);
        // A closing parenthesis does not make up for the blank; a closing quote does, because
        // SAPUI5's CloudFilePicker writes `Kind eq 'folder'and Name eq 'x'`.
        let quoted = self.at.checked_sub(1).and_then(|at| self.byte(at)) == Some(b'\'');
        if word_start == self.at && !quoted {
            return None;
        }
        let word = self.word_at(word_start)?;
        let infix = if self.version == Version::V401 {
            Infix::named(&word.to_ascii_lowercase())?
        } else {
            Infix::named(word)?
        };
        let word_end = word_start + word.len();
        let after = self.after_blanks(word_end);
        // At the end of input it is an operator whose operand is missing.
        let separated = after > word_end || matches!(self.byte(after), Some(b'(') | None);
        separated.then_some((infix, after))
    }

    /// Whether `not` comes next as an operator: where its operand starts.
    fn not_operator(&self) -> Option<usize> {
        let word = self.word_at(self.at)?;
        let is_not =
            word == "not" || (self.version == Version::V401 && word.eq_ignore_ascii_case("not"));
        if !is_not {
            return None;
        }
        let word_end = self.at + word.len();
        let after = self.after_blanks(word_end);
        (after > word_end || self.byte(after) == Some(b'(')).then_some(after)
    }

    fn chain(
        &mut self,
        left: Expression,
        right: Expression,
        wrap: fn(Vec<Expression>) -> Kind,
    ) -> Result<Expression, Error> {
        let span = left.span.start..right.span.end;
        // `a and b and c` is one node, however long: a chain is not depth.
        let same = matches!(
            (&left.kind, wrap(Vec::new())),
            (Kind::And(_), Kind::And(_)) | (Kind::Or(_), Kind::Or(_))
        );
        let mut operands = match (left.kind, same) {
            (Kind::And(operands) | Kind::Or(operands), true) => operands,
            (kind, _) => vec![Expression { kind, ..left }],
        };
        operands.push(right);
        let height = tallest(&operands);
        if same {
            return Ok(Expression {
                kind: wrap(operands),
                span,
                height: height + 1,
            });
        }
        self.finish(wrap(operands), span, height)
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: Expression,
        right: Expression,
    ) -> Result<Expression, Error> {
        let span = left.span.start..right.span.end;
        let height = left.height.max(right.height);
        self.finish(
            Kind::Binary(operator, Box::new(left), Box::new(right)),
            span,
            height,
        )
    }

    /// Makes a node that started at `start` and ends here.
    pub(super) fn node(
        &mut self,
        kind: Kind,
        start: usize,
        height: u16,
    ) -> Result<Expression, Error> {
        let span = self.span(start);
        self.finish(kind, span, height)
    }

    fn finish(&mut self, kind: Kind, span: Range<usize>, height: u16) -> Result<Expression, Error> {
        self.budget.spend(span.start)?;
        if height >= MAX_DEPTH {
            return Err(too_deep(span.start));
        }
        Ok(Expression {
            kind,
            span,
            height: height + 1,
        })
    }

    /// Takes a node from the budget.
    pub(crate) fn spend(&mut self) -> Result<(), Error> {
        self.budget.spend(self.text.position(self.at))
    }

    /// Whether the parser is inside of something.
    pub(crate) const fn is_nested(&self) -> bool {
        self.depth > 0
    }

    /// Runs `read` one level deeper.
    pub(crate) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.text.position(self.at)));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}

pub(super) fn tallest<'e>(expressions: impl IntoIterator<Item = &'e Expression>) -> u16 {
    expressions
        .into_iter()
        .map(|it| it.height)
        .max()
        .unwrap_or(0)
}

/// The height of what a step contains.
pub(super) fn step_height(step: &Step) -> u16 {
    match step {
        Step::Call(_, arguments) | Step::Key(arguments) => {
            tallest(arguments.iter().map(|it| &it.value))
        }
        Step::Filter(inner) | Step::All(_, inner) | Step::Any(Some((_, inner))) => inner.height,
        Step::Count(Some(options)) => tallest(&options.filter),
        Step::Name(_) | Step::Annotation(_) | Step::Count(None) | Step::Any(None) => 0,
    }
}

fn too_deep(position: usize) -> Error {
    Error::bad_request(format!(
        "The expression is nested deeper than {MAX_DEPTH} levels"
    ))
    .at(position)
}
