//! What an operator has to mend, in a form that tells where it came from.

use std::fmt;

/// One thing that makes the settings unusable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The fact.
    pub what: String,
    /// Binding and key, or variable; where the operator has to look.
    pub origin: String,
    /// What mends it.
    pub remedy: String,
}

impl Problem {
    pub(super) fn new(
        what: impl Into<String>,
        origin: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            origin: origin.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            origin,
            remedy,
        } = self;
        write!(f, "{what} (from {origin}): {remedy}")
    }
}

/// All problems of the settings, one a line, and what is odd about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    pub problems: Vec<Problem>,
    pub warnings: Vec<String>,
}

impl Unusable {
    /// Fails with the problems, if there are any; a warning may tell why there are.
    pub(super) fn unless_empty(
        mut problems: Vec<Problem>,
        warnings: &[String],
    ) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.dedup();
        Err(Self {
            problems,
            warnings: warnings.to_vec(),
        })
    }

    /// One problem, or none that is told here.
    pub(super) fn with(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            warnings: Vec::new(),
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems = self.problems.iter().map(ToString::to_string);
        let lines: Vec<String> = problems.chain(self.warnings.iter().cloned()).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Unusable {}
