//! The system query options one by one.

use super::{OrderBy, Piece, Query, Selected, SystemOption};
use crate::expression::{Budget, Parser};
use crate::text::Text;
use crate::{Error, Version};

impl Query {
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
            SystemOption::Filter => self.filter = Some(parser.whole()?),
            SystemOption::OrderBy => self.orderby = order_by(&mut parser)?,
            SystemOption::Select => self.select = Some(select(&mut parser)?),
            SystemOption::Top => self.top = Some(natural_number(&parser, &text)?),
            SystemOption::Skip => self.skip = Some(natural_number(&parser, &text)?),
            SystemOption::Count => self.count = boolean(&parser, &text, version)?,
            SystemOption::Format => self.format = Some(not_empty(&parser, &text)?),
            SystemOption::SkipToken => self.skiptoken = Some(not_empty(&parser, &text)?),
            SystemOption::Apply
            | SystemOption::Compute
            | SystemOption::DeltaToken
            | SystemOption::Expand
            | SystemOption::Id
            | SystemOption::Index
            | SystemOption::SchemaVersion
            | SystemOption::Search => {
                return Err(Error::not_implemented(format!(
                    "System query option \"{name}\" is not supported"
                ))
                .at(piece.position));
            }
        }
        Ok(())
    }
}

fn order_by(parser: &mut Parser<'_>) -> Result<Vec<OrderBy>, Error> {
    let mut items = Vec::new();
    loop {
        parser.skip_blanks();
        let expression = parser.expression()?;
        let descending = parser.direction();
        items.push(OrderBy {
            expression,
            descending,
        });
        parser.skip_blanks();
        if parser.is_done() {
            return Ok(items);
        }
        if !parser.take(b',') {
            return Err(parser.expected("\",\", \"asc\", \"desc\" or end of input"));
        }
    }
}

fn select(parser: &mut Parser<'_>) -> Result<Vec<Selected>, Error> {
    let mut items = Vec::new();
    loop {
        parser.skip_blanks();
        let start = parser.position();
        let mut path = String::new();
        loop {
            if parser.take(b'@') {
                return Err(
                    Error::not_implemented("Annotations in $select are not supported")
                        .at(parser.position()),
                );
            } else if parser.take(b'*') {
                path.push('*');
            } else {
                path.push_str(parser.word("a property name")?);
                if parser.take(b'.') {
                    parser.expect(b'*')?;
                    path.push_str(".*");
                }
            }
            if parser.take(b'(') {
                return Err(
                    Error::not_implemented("Options inside $select are not supported")
                        .at(parser.position()),
                );
            }
            if !parser.take(b'/') {
                break;
            }
            path.push('/');
        }
        items.push(Selected {
            path,
            span: start..parser.position(),
        });
        parser.skip_blanks();
        if parser.is_done() {
            return Ok(items);
        }
        if !parser.take(b',') {
            return Err(parser.expected("\",\" or end of input"));
        }
    }
}

fn natural_number(parser: &Parser<'_>, text: &Text<'_>) -> Result<u64, Error> {
    let digits = text.as_str();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(parser.expected("a non-negative integer"));
    }
    // More than that is more than there are rows.
    Ok(digits.parse().unwrap_or(u64::MAX))
}

fn boolean(parser: &Parser<'_>, text: &Text<'_>, version: Version) -> Result<bool, Error> {
    let folded;
    let word = match version {
        Version::V40 => text.as_str(),
        Version::V401 => {
            folded = text.as_str().to_ascii_lowercase();
            &folded
        }
    };
    match word {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(parser.expected("\"true\" or \"false\"")),
    }
}

fn not_empty(parser: &Parser<'_>, text: &Text<'_>) -> Result<String, Error> {
    match text.as_str() {
        "" => Err(parser.expected("a value")),
        value => Ok(value.to_owned()),
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
            "$expand=objects",
            "$apply=top(2)",
            "$compute=a as b",
            "$search=x",
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
