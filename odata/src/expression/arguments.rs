//! What stands between the parentheses of calls, keys and `case`.

use super::parser::tallest;
use super::{Argument, Expression, Kind, Parser};
use crate::Error;

impl Parser<'_> {
    /// Reads `(…)`: arguments with or without names, separated by commas.
    pub(crate) fn arguments(&mut self) -> Result<Vec<Argument>, Error> {
        self.expect(b'(')?;
        self.skip_blanks();
        let mut arguments = Vec::new();
        while !self.take(b')') {
            if !arguments.is_empty() {
                self.expect(b',')?;
                self.skip_blanks();
            }
            arguments.push(self.nested(Self::argument)?);
            self.skip_blanks();
            if !matches!(self.peek(), Some(b')' | b',')) {
                return Err(self.expected("\")\" or \",\""));
            }
        }
        Ok(arguments)
    }

    /// Reads the arguments that start at `start` and end the text, if the
    /// text goes on there.
    pub(crate) fn arguments_after(&mut self, start: usize) -> Result<Option<Vec<Argument>>, Error> {
        self.at = start;
        if self.is_done() {
            return Ok(None);
        }
        let arguments = self.arguments()?;
        self.end("\"/\" or end of the path")?;
        Ok(Some(arguments))
    }

    /// Reads the two lists that start at `start` and end the text: the
    /// arguments of a function and the key of what it returns.
    pub(crate) fn arguments_and_key(
        &mut self,
        start: usize,
    ) -> Result<(Vec<Argument>, Option<Vec<Argument>>), Error> {
        self.at = start;
        let arguments = self.arguments()?;
        Ok((arguments, self.arguments_after(self.at)?))
    }

    fn argument(&mut self) -> Result<Argument, Error> {
        let name = self.argument_name();
        Ok(Argument {
            name,
            value: self.expression()?,
        })
    }

    /// Reads `name =`, if that comes next.
    fn argument_name(&mut self) -> Option<String> {
        let start = self.at;
        if let Ok(word) = self.word("a name").map(str::to_owned) {
            self.skip_blanks();
            if self.take(b'=') {
                self.skip_blanks();
                return Some(word);
            }
        }
        self.at = start;
        None
    }

    /// Reads `(condition:value,…)` after `case`.
    pub(super) fn case(&mut self, start: usize) -> Result<Expression, Error> {
        self.expect(b'(')?;
        let mut cases: Vec<(Expression, Expression)> = Vec::new();
        while cases.is_empty() || self.take(b',') {
            self.skip_blanks();
            let condition = self.nested(Self::expression)?;
            self.skip_blanks();
            self.expect(b':')?;
            self.skip_blanks();
            let value = self.nested(Self::expression)?;
            self.skip_blanks();
            cases.push((condition, value));
        }
        self.expect(b')')?;
        let height = tallest(
            cases
                .iter()
                .flat_map(|(condition, value)| [condition, value]),
        );
        self.node(Kind::Case(cases), start, height)
    }
}
