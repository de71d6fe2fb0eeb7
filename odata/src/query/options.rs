//! The system query options one by one: as options of the URL, and in the
//! parentheses of `$expand`, `$select` and `$count`.

use super::{OrderBy, Piece, Place, Query, SYSTEM_OPTIONS, SystemOption, system_option};
use crate::expression::{Budget, Parser};
use crate::{Error, Version};

impl Query {
    /// Reads an option of the URL.
    pub(super) fn set(
        &mut self,
        option: SystemOption,
        name: &str,
        piece: &Piece<'_>,
        version: Version,
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let text = piece.value()?;
        let mut parser = Parser::new(&text, version, budget);
        match option {
            SystemOption::Format => self.format = Some(parser.not_empty()?),
            SystemOption::SkipToken => self.skiptoken = Some(parser.not_empty()?),
            SystemOption::DeltaToken
            | SystemOption::Id
            | SystemOption::Index
            | SystemOption::SchemaVersion => {
                return Err(Error::not_implemented(format!(
                    "System query option \"{name}\" is not supported"
                ))
                .at(piece.position));
            }
            SystemOption::Levels => {
                return Err(Error::bad_request(
                    "System query option \"$levels\" belongs into the parentheses of $expand",
                )
                .at(piece.position));
            }
            SystemOption::Apply
            | SystemOption::Compute
            | SystemOption::Count
            | SystemOption::Expand
            | SystemOption::Filter
            | SystemOption::OrderBy
            | SystemOption::Search
            | SystemOption::Select
            | SystemOption::Skip
            | SystemOption::Top => {
                let expected = self.read(option, &mut parser)?;
                parser.end(expected)?;
            }
        }
        Ok(())
    }

    /// Reads the value of an option that may stand anywhere; returns what
    /// may follow it at the end of the input.
    fn read(
        &mut self,
        option: SystemOption,
        parser: &mut Parser<'_>,
    ) -> Result<&'static str, Error> {
        const OPERATOR: &str = "an operator or end of input";
        const COMMA: &str = "\",\" or end of input";
        match option {
            SystemOption::Filter => self.filter = Some(parser.expression()?),
            SystemOption::Apply => {
                self.apply = Some(parser.apply()?);
                return Ok("\"/\" or end of input");
            }
            SystemOption::OrderBy => {
                self.orderby = parser.order_by()?;
                return Ok("\",\", \"asc\", \"desc\" or end of input");
            }
            SystemOption::Select => {
                self.select = Some(parser.select()?);
                return Ok(COMMA);
            }
            SystemOption::Expand => {
                self.expand = parser.expand()?;
                return Ok(COMMA);
            }
            SystemOption::Compute => {
                self.compute = parser.compute()?;
                return Ok(COMMA);
            }
            SystemOption::Search => {
                self.search = Some(parser.search()?);
                return Ok("a word or end of input");
            }
            SystemOption::Top => self.top = Some(parser.natural_number()?),
            SystemOption::Skip => self.skip = Some(parser.natural_number()?),
            SystemOption::Count => self.count = parser.boolean()?,
            SystemOption::Levels => self.levels = Some(parser.levels()?),
            // They stand at the URL only, and are read there.
            SystemOption::DeltaToken
            | SystemOption::Format
            | SystemOption::Id
            | SystemOption::Index
            | SystemOption::SchemaVersion
            | SystemOption::SkipToken => return Err(parser.expected("another option")),
        }
        Ok(OPERATOR)
    }
}

impl Place {
    /// Whether an option may stand in these parentheses.
    const fn allows(self, option: SystemOption) -> bool {
        use SystemOption as O;
        match option {
            O::Filter | O::Search => !matches!(self, Self::Star),
            O::OrderBy | O::Skip | O::Top | O::Count => !matches!(self, Self::Star | Self::Count),
            O::Select | O::Compute => matches!(self, Self::Expand | Self::Select),
            O::Expand | O::Apply => matches!(self, Self::Expand),
            O::Levels => matches!(self, Self::Expand | Self::Star),
            O::DeltaToken | O::Format | O::Id | O::Index | O::SchemaVersion | O::SkipToken => false,
        }
    }
}

impl Parser<'_> {
    /// Reads `(option;option;…)`.
    pub(crate) fn options(&mut self, place: Place) -> Result<Query, Error> {
        self.expect(b'(')?;
        let mut query = Query {
            version: self.version,
            ..Query::default()
        };
        let mut seen = [false; SYSTEM_OPTIONS.len()];
        loop {
            self.skip_blanks();
            if self.peek() == Some(b'@') {
                self.option_alias(place, &mut query)?;
            } else {
                let start = self.at;
                self.take(b'$');
                self.word("a query option")?;
                let name = self.read_since(start);
                let found = system_option(name, self.version)
                    .filter(|(_, (_, option))| place.allows(*option));
                let Some((index, (_, option))) = found else {
                    self.at = start;
                    return Err(self.expected("a query option that may stand here"));
                };
                if seen
                    .get_mut(index)
                    .is_some_and(|it| std::mem::replace(it, true))
                {
                    self.at = start;
                    return Err(self.expected("an option that is not given yet"));
                }
                self.skip_blanks();
                self.expect(b'=')?;
                self.skip_blanks();
                self.nested(|parser| query.read(option, parser))?;
            }
            self.skip_blanks();
            if self.take(b')') {
                return Ok(query);
            }
            if !self.take(b';') {
                return Err(self.expected("\";\" or \")\""));
            }
        }
    }

    /// Reads `@name=value`.
    fn option_alias(&mut self, place: Place, query: &mut Query) -> Result<(), Error> {
        if !matches!(place, Place::Expand | Place::Select) {
            return Err(self.expected("a query option"));
        }
        let start = self.at;
        self.take(b'@');
        let name = self.simple_name("the name of an alias")?;
        if query.aliases.iter().any(|(known, _)| *known == name) {
            self.at = start;
            return Err(self.expected("an alias that is not given yet"));
        }
        self.skip_blanks();
        self.expect(b'=')?;
        self.skip_blanks();
        let value = self.nested(Self::expression)?;
        query.aliases.push((name, value));
        Ok(())
    }

    /// Reads the items of `$orderby`.
    pub(super) fn order_by(&mut self) -> Result<Vec<OrderBy>, Error> {
        self.comma_separated(|parser| {
            let expression = parser.expression()?;
            let descending = parser.direction();
            Ok(OrderBy {
                expression,
                descending,
            })
        })
    }

    /// Reads digits that fill the value.
    pub(super) fn natural_number(&mut self) -> Result<u64, Error> {
        let digits = self.rest();
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let after = self.byte(self.at + length);
        if length == 0 || !matches!(after, None | Some(b' ' | b';' | b')')) {
            return Err(self.expected("a non-negative integer"));
        }
        self.at += length;
        // More than that is more than there are rows.
        let digits = digits.get(..length).unwrap_or_default();
        Ok(digits.parse().unwrap_or(u64::MAX))
    }

    fn boolean(&mut self) -> Result<bool, Error> {
        let word = self.word_at(self.at).unwrap_or_default();
        for (name, value) in [("true", true), ("false", false)] {
            if self.is_keyword(word, name) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("\"true\" or \"false\""))
    }

    fn not_empty(&mut self) -> Result<String, Error> {
        match self.rest() {
            "" => Err(self.expected("a value")),
            value => Ok(value.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn parse(raw: &str) -> Result<Query, Error> {
        Query::parse(raw, 0, Version::V40)
    }

    #[test]
    fn what_ui5_sends_is_understood() {
        let query = parse(
            "$count=true&$orderby=name%20desc,created&$select=created,id,name&$skip=0&$top=5&sap-client=100",
        )
        .unwrap();
        assert!(query.count);
        assert_eq!((query.top, query.skip), (Some(5), Some(0)));
        let paths: Vec<_> = query
            .select
            .iter()
            .flatten()
            .map(|it| it.path.as_str())
            .collect();
        assert_eq!(paths, ["created", "id", "name"]);
        let order: Vec<_> = query
            .orderby
            .iter()
            .map(|it| (it.expression.to_string(), it.descending))
            .collect();
        assert_eq!(
            order,
            [("name".to_owned(), true), ("created".to_owned(), false)]
        );
    }

    #[test]
    fn syntax_errors_name_option_and_position() {
        for (raw, position, target) in [
            ("$top=abc", 5, "$top"),
            ("$top=-1", 5, "$top"),
            ("$top=%2B1", 5, "$top"),
            ("$top=+1", 5, "$top"),
            ("$top", 4, "$top"),
            ("$skip=", 6, "$skip"),
            ("$skip=1.5", 6, "$skip"),
            ("$count=TRUE", 7, "$count"),
            ("$filter=", 8, "$filter"),
            ("$filter=id eq", 13, "$filter"),
            ("$filter=id%20%3D%3D%20'a'", 13, "$filter"),
            ("$filter=(id eq 'a'", 18, "$filter"),
            ("$filter=id eq 'a')", 17, "$filter"),
            ("$filter=id eq 'a' and", 21, "$filter"),
            ("a=b&$orderby=name foo", 18, "$orderby"),
            ("$orderby=", 9, "$orderby"),
            ("$select=name;id", 12, "$select"),
            ("$inlinecount=allpages", 0, "$inlinecount"),
            ("$top=1&$TOP=1", 7, "$TOP"),
            ("@p='x", 3, "@p"),
            ("$format=", 8, "$format"),
            ("$filter=id eq '%zz'", 15, "$filter"),
        ] {
            let error = parse(raw).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadRequest, "{raw}");
            assert_eq!(error.position(), Some(position), "{raw}: {error}");
            assert_eq!(error.target(), Some(target), "{raw}");
        }
    }

    #[test]
    fn an_option_given_twice_is_refused() {
        let error = parse("$top=1&%24top=2").unwrap_err();
        assert_eq!(
            error.to_string(),
            "System query option \"$top\" is given more than once"
        );
        assert!(parse("@a=1&@a=2").is_err());
        assert!(parse("sap-client=1&sap-client=2").is_ok());
    }

    #[test]
    fn valid_options_that_are_not_done_are_told_apart_from_wrong_ones() {
        for raw in [
            "$apply=traverse($root/Buckets,H,id,preorder)",
            "$apply=nest(identity as x)",
            "$filter=$these/aggregate(size with sum) gt 5",
            "$index=1",
        ] {
            assert_eq!(
                parse(raw).unwrap_err().kind(),
                ErrorKind::NotImplemented,
                "{raw}"
            );
        }
    }

    #[test]
    fn custom_options_are_ignored_even_if_their_values_are_broken() {
        assert_eq!(parse("custom=%C3%28&top=1&_=1"), Ok(Query::default()));
    }

    #[test]
    fn version_4_01_knows_more_spellings() {
        let query =
            Query::parse("TOP=1&$Filter=Name EQ 'x' AND NOT true", 0, Version::V401).unwrap();
        assert_eq!(query.top, Some(1));
        assert_eq!(
            query.filter.unwrap().to_string(),
            "Name eq 'x' and not true"
        );
    }

    #[test]
    fn plus_is_a_blank() {
        let query = parse("$filter=id+eq+'sp+ace'").unwrap();
        assert_eq!(query.filter.unwrap().to_string(), "id eq 'sp ace'");
    }
}
