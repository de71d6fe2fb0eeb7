use super::*;

type Reader = fn(&str) -> bool;

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn names_are_what_aws_and_sap_take() {
    let cases: &[(Reader, &[&str], &[&str])] = &[
        (
            |t| bucket(t).is_ok(),
            &["abc", "my-documents", "my.documents.2026", "0-9"],
            &[
                "ab",
                "My",
                "a..b",
                "-ab",
                "ab-",
                "192.168.0.1",
                "xn--abc",
                "abc-s3alias",
                "a_b",
                "a b",
                "abc\n",
                "a/b",
                "${x}",
                &"a".repeat(64),
            ],
        ),
        (
            |t| resource(t).is_ok(),
            &["btp-s3-catalog", "A1"],
            &["", "1a", "a b", "a/b", "a'b", "ä", &"a".repeat(61)],
        ),
        (
            |t| region(t).is_ok(),
            &[
                "eu-central-1",
                "us-gov-west-1",
                "eusc-de-east-1",
                "cn-north-1",
            ],
            &[
                "",
                "eu",
                "eu-central",
                "eu-central-",
                "EU-central-1",
                "eu-central-1a",
                "eu--1",
                "eu-central-1\n",
            ],
        ),
        (
            |t| vpc_endpoint(t).is_ok(),
            &["vpce-068c84244a1b70734", "vpce-0a1b2c3d"],
            &[
                "vpce-",
                "vpc-068c84244a1b70734",
                "vpce-068C84244a1b70734",
                "vpce-068c84244a1b70734-x",
            ],
        ),
        (
            |t| private_link_host(t).is_ok(),
            &[
                "*.vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.com",
                "vpce-068c84244a1b70734-r9rznuj8.s3.cn-north-1.vpce.amazonaws.com.cn",
            ],
            &[
                "s3.eu-central-1.amazonaws.com",
                "*.vpce-068c84244a1b70734-r9.sqs.eu-central-1.vpce.amazonaws.com",
                "vpce-x-y.s3.eu-central-1.vpce.amazonaws.com",
                "vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.example",
                "vpce-068c84244a1b70734-r9rznuj8.s3.cn-north-1.vpce.amazonaws.com",
                "https://vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.com",
            ],
        ),
        (
            |t| arn(t, "iam", "role/").is_ok(),
            &[
                "arn:aws:iam::123456789012:role/path/x",
                "arn:aws-cn:iam::123456789012:role/x",
            ],
            &[
                "arn:aws:iam::12345:role/x",
                "arn:aws:iam:eu-central-1:123456789012:role/x",
                "arn:aws:iam::123456789012:user/x",
                "arn:aws:iam::123456789012:role/*",
                "arn:aws:iam::123456789012:role/",
                "role/x",
            ],
        ),
        (
            |t| arn(t, "rolesanywhere", "trust-anchor/").is_ok(),
            &[
                "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/11111111-2222-3333-4444-555555555555",
            ],
            &[
                "arn:aws:rolesanywhere::123456789012:trust-anchor/1",
                "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/1",
            ],
        ),
        (
            |t| issuer(t).is_ok(),
            &[
                "https://mytenant.accounts.ondemand.com",
                "https://a.example/realms/x",
            ],
            &[
                "mytenant.accounts.ondemand.com",
                "http://a.example",
                "https://a.example/",
                "https://a.example:8443",
                "https://a.example?x",
                "https://user@a.example",
                "https://A.example",
                "https://a",
                "https://a.example\"x",
            ],
        ),
        (
            |t| client_id(t).is_ok(),
            &["1aa234ca-faed-4fb2-966e-7c86262ba93c"],
            &["", "a b", "a\"b", "*"],
        ),
        (
            |t| external_id(t).is_ok(),
            &["a1", "a+b=c,d.e@f:g/h-i"],
            &["a", "a b", "a$b", "a*"],
        ),
        (
            |t| key_store(t).is_ok(),
            &["aws-rolesanywhere.p12", "a.pem"],
            &["a", ".p12", "a.exe", "../a.p12", "a b.p12"],
        ),
        (
            |t| tag(t).is_ok(),
            &["team=documents", "a:b=c=d", "empty="],
            &["team", "=x", "aws:x=y", "a=b\n", "a=\"", "a=${b}"],
        ),
        (
            |t| pin(t).is_ok(),
            &[
                "x509Subject/CN=a",
                "x509SAN/Name/CN=a",
                "x509Subject/OU=SAP Cloud Platform Clients/EU10/x",
                "x509Issuer/CN=Example CA",
            ],
            &[
                "CN=a",
                "x509Subject/CN",
                "x509Subject/CN=",
                "x509Subject/CN=*",
                "x509Subject/XX=a",
                "x509Subject/CN=a,b",
                "x509SAN/IP=1",
            ],
        ),
    ];
    for (reads, good, bad) in cases {
        for text in *good {
            assert!(reads(text), "{text} is refused");
        }
        for text in *bad {
            assert!(!reads(text), "{text} is taken");
        }
    }
}

#[test]
fn a_host_name_tells_the_endpoint() {
    let host = "*.vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.com";
    assert_eq!(
        private_link_host(host).unwrap().as_str(),
        "vpce-068c84244a1b70734"
    );
}

#[test]
fn a_region_tells_partition_and_domain() {
    for (name, of, at) in [
        ("eu-central-1", "aws", "amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    ] {
        let region = region(name).unwrap();
        assert_eq!((partition(&region), domain(&region)), (of, at));
    }
}
