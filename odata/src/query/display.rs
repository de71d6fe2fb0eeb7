//! Queries as URLs spell them. What is written reads back as the same query.

use std::fmt::{self, Display, Formatter};

use super::Query;
use super::apply::{Listed, Sequence};

impl Query {
    /// The options as they stand in parentheses, not percent-encoded.
    pub(crate) const fn inside(&self) -> impl Display + '_ {
        Inside(self)
    }

    /// Hands every option to `write`, with name and value, until that fails.
    fn each(&self, write: &mut dyn FnMut(&str, &dyn Display) -> fmt::Result) -> fmt::Result {
        for (name, value) in &self.aliases {
            write(&format!("@{name}"), value)?;
        }
        if let Some(sequence) = &self.apply {
            write("$apply", &Sequence(sequence))?;
        }
        if !self.compute.is_empty() {
            write("$compute", &Listed(&self.compute))?;
        }
        if let Some(filter) = &self.filter {
            write("$filter", filter)?;
        }
        if let Some(search) = &self.search {
            write("$search", search)?;
        }
        if !self.orderby.is_empty() {
            write("$orderby", &Listed(&self.orderby))?;
        }
        if let Some(items) = &self.select {
            write("$select", &Listed(items))?;
        }
        if !self.expand.is_empty() {
            write("$expand", &Listed(&self.expand))?;
        }
        if let Some(levels) = &self.levels {
            write("$levels", levels)?;
        }
        if self.count {
            write("$count", &true)?;
        }
        let numbers = [("$skip", self.skip), ("$top", self.top)];
        for (name, number) in numbers {
            if let Some(number) = number {
                write(name, &number)?;
            }
        }
        let texts = [("$format", &self.format), ("$skiptoken", &self.skiptoken)];
        for (name, text) in texts {
            if let Some(text) = text {
                write(name, text)?;
            }
        }
        Ok(())
    }
}

/// Percent-encoded, as the part of a URL behind its `?`.
impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.each(&mut |name, value| {
            f.write_str(separator)?;
            separator = "&";
            encode(f, name)?;
            f.write_str("=")?;
            encode(f, &value.to_string())
        })
    }
}

struct Inside<'a>(&'a Query);

impl Display for Inside<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.0.each(&mut |name, value| {
            write!(f, "{separator}{name}={value}")?;
            separator = ";";
            Ok(())
        })
    }
}

impl Display for super::OrderBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { " desc" } else { "" };
        write!(f, "{}{direction}", self.expression)
    }
}

/// Percent-encodes what cannot stand as it is in the value of an option.
fn encode(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$'()*,:@/;?".contains(&byte) {
            write!(f, "{}", char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}
