//! `$filter`: which rows a condition selects.

use crate::ids;

fn filtered(filter: &str) -> String {
    ids(&format!(
        "/catalog/Buckets?$filter={}",
        filter.replace(' ', "%20")
    ))
}

#[test]
fn comparisons_select_rows() {
    for (filter, expected) in [
        ("id eq 'beta'", "beta"),
        ("'beta' eq id", "beta"),
        ("id gt 'beta'", "delta gamma"),
        ("id ge 'beta'", "beta delta gamma"),
        ("id lt 'beta'", "alpha"),
        ("name ne 'Beta'", "alpha delta gamma"),
        ("name eq null", "delta"),
        ("null eq name", "delta"),
        ("name ne null", "alpha beta gamma"),
        ("name gt null", ""),
        ("name eq id", ""),
        ("created eq 2024-02-01T00:00:00Z", "beta"),
        ("created eq 2024-02-01T02:00:00%2B02:00", "beta"),
        ("created lt 2024-02-01T00:00:00.000001Z", "alpha beta"),
        ("created eq null", "delta"),
        ("id in ('beta', 'gamma' )", "beta gamma"),
        ("id in ('beta')", "beta"),
        ("id in ['beta',\"alpha\"]", "alpha beta"),
        ("name in ('Beta',null)", "beta delta"),
        ("not id in ('beta')", "alpha delta gamma"),
        ("id in ()", ""),
        ("true", "alpha beta delta gamma"),
        ("false", ""),
        ("null", ""),
        ("$it/id eq 'beta'", "beta"),
        ("CatalogService.Buckets/id eq 'beta'", "beta"),
    ] {
        assert_eq!(filtered(filter), expected, "{filter}");
    }
}

#[test]
fn unknown_is_neither_true_nor_false() {
    for (filter, expected) in [
        ("contains(name,'a')", "beta gamma alpha"),
        ("not contains(name,'a')", ""),
        ("contains(name,'a') eq false", ""),
        ("contains(name,'a') eq null", "delta"),
        (
            "contains(name,'a') or id eq 'delta'",
            "alpha beta delta gamma",
        ),
        ("contains(name,'a') and id eq 'delta'", ""),
        (
            "not (contains(name,'zz') and id eq 'delta')",
            "alpha beta gamma",
        ),
        ("not (id eq 'beta')", "alpha delta gamma"),
        ("not(id eq 'beta')", "alpha delta gamma"),
        ("not not (id eq 'beta')", "beta"),
        ("(id eq 'beta') eq true", "beta"),
        ("id eq 'alpha' or id eq 'beta' and name eq 'nope'", "alpha"),
    ] {
        let mut expected: Vec<_> = expected.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(filtered(filter), expected.join(" "), "{filter}");
    }
}

#[test]
fn functions_and_arithmetic_follow_the_specification() {
    for (filter, expected) in [
        ("startswith(name,'B') or endswith(id,'pha')", "alpha beta"),
        ("tolower(name) eq 'ümlaut'", "gamma"),
        ("toupper(name) eq 'ÜMLAUT'", "gamma"),
        ("length(name) eq 6", "gamma"),
        ("matchesPattern(name,'%5E.*l.*a')", "alpha gamma"),
        ("matchespattern(name,'%5EB') eq true", "beta"),
        ("not matchesPattern(name,'a$')", "gamma"),
        ("length(name) add 1 eq 7", "gamma"),
        ("indexof(name,'laut') eq 2", "gamma"),
        ("indexof(name,'zz') eq -1", "alpha beta gamma"),
        ("substring(name,1) eq 'eta'", "beta"),
        ("substring(name,1,2) eq 'et'", "beta"),
        ("substring(name,-2) eq 'ta'", "beta"),
        ("trim('  Beta ') eq name", "beta"),
        ("concat(concat(id,'/'),name) eq 'beta/Beta'", "beta"),
        ("contains(name,'')", "alpha beta gamma"),
        ("contains(name,null)", ""),
        ("year(created) eq 2024 and month(created) eq 2", "beta"),
        ("date(created) eq 2024-02-01", "beta"),
        ("time(created) eq 12:30:45.5", "gamma"),
        (
            "hour(created) eq 12 and minute(created) eq 30 and second(created) eq 45",
            "gamma",
        ),
        ("fractionalseconds(created) eq 0.5", "gamma"),
        ("created add duration'P1D' eq 2024-02-02T00:00:00Z", "beta"),
        (
            "created gt mindatetime() and created lt now()",
            "alpha beta gamma",
        ),
        ("1 add 2 mul 3 eq 7 and id eq 'beta'", "beta"),
        ("(1 add 2) mul 3 eq 9 and id eq 'beta'", "beta"),
        (
            "5 div 2 eq 2 and 5 divby 2 eq 2.5 and -7 mod 3 eq -1 and id eq 'beta'",
            "beta",
        ),
        ("-length(name) eq -6", "gamma"),
        ("length(name) eq 6.0 and length(name) eq 6e0", "gamma"),
        (
            "round(2.5) eq 3 and floor(-2.5) eq -3 and ceiling(2.1) eq 3 and id eq 'beta'",
            "beta",
        ),
        (
            "9007199254740993 gt 9007199254740992 and id eq 'beta'",
            "beta",
        ),
        ("0.1 add 0.2 eq 0.3 and id eq 'beta'", "beta"),
        ("1 divby 0 eq INF and id eq 'beta'", "beta"),
        ("id eq @p&@p='beta'", "beta"),
        ("id in @p&@p=['alpha','beta']", "alpha beta"),
        ("id eq @missing", ""),
    ] {
        assert_eq!(filtered(filter), expected, "{filter}");
    }
}

#[test]
fn types_are_asked_and_cast_and_cases_decided() {
    for (filter, expected) in [
        ("cast(length(name),Edm.String) eq '6'", "gamma"),
        ("cast('5',Edm.Int32) add length(name) eq 11", "gamma"),
        ("cast(name,Edm.Int32) eq null", "alpha beta delta gamma"),
        ("cast('300',Edm.Byte) eq null and id eq 'beta'", "beta"),
        ("cast(2.5,Edm.Int32) eq 3 and id eq 'beta'", "beta"),
        ("cast(created,Edm.String) eq '2024-02-01T00:00:00Z'", "beta"),
        (
            "cast('2024-02-01T00:00:00',Edm.DateTimeOffset) eq created",
            "beta",
        ),
        ("cast(id,Edm.String) eq 'beta'", "beta"),
        ("cast(created,Edm.Date) eq 2024-02-01", "beta"),
        ("cast(created,Edm.TimeOfDay) eq 12:30:45.5", "gamma"),
        ("isof(name,Edm.String)", "alpha beta gamma"),
        ("isof(name,Edm.Int32)", ""),
        ("isof(length(name),Edm.Byte)", "alpha beta gamma"),
        ("isof(CatalogService.Buckets) and id eq 'beta'", "beta"),
        (
            "case(id eq 'beta':1,length(name) eq 6:2.5,true:0) gt 0",
            "beta gamma",
        ),
        ("case(id eq 'beta':name) ne null", "beta"),
        ("case(name eq null:true)", "delta"),
    ] {
        assert_eq!(filtered(filter), expected, "{filter}");
    }
}
