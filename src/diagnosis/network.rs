//! Whether S3's host is reached, and whether that way is private.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::walk::{Found, Words};
use super::{Ready, remedy};
use crate::aws::S3;
use crate::settings::{Connection, host_and_port};
use crate::shell::word;
use crate::telemetry::explain;

const LOOKUP: Duration = Duration::from_secs(5);

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Loopback,
    Private,
    Public,
}

impl Reach {
    fn of(address: IpAddr) -> Self {
        match address {
            _ if address.is_loopback() => Self::Loopback,
            IpAddr::V4(it) if it.is_private() || it.is_link_local() => Self::Private,
            // RFC 6598: shared by carriers and clouds
            IpAddr::V4(it) if it.octets()[0] == 100 && it.octets()[1] & 0xc0 == 64 => Self::Private,
            IpAddr::V6(it) if it.is_unique_local() || it.is_unicast_link_local() => Self::Private,
            IpAddr::V6(it) => it
                .to_ipv4_mapped()
                .map_or(Self::Public, |it| Self::of(it.into())),
            IpAddr::V4(_) => Self::Public,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Public => "public",
        }
    }
}

/// Resolves S3's host, judges its addresses, and sees whether something trusted answers there.
pub(super) async fn reached(ready: &Ready, connection: &Connection) -> Result<Found<()>, Words> {
    let (host, port) = host_and_port(&connection.s3_endpoint)
        .ok_or_else(|| Words::new("the S3 endpoint has no host"))?;
    let link = ready.bindings.private_link.as_ref();
    let is_link = link.is_some_and(|it| host.ends_with(&it.hostname));
    let words = Words::default()
        .fact("host", &host)
        .fact("region", &connection.region);
    let found = timeout(LOOKUP, lookup_host((host.as_str(), port))).await;
    let addresses: Vec<IpAddr> = match found {
        Ok(Ok(addresses)) => addresses.map(|it| it.ip()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        let instance = link.filter(|_| is_link).map(|it| it.name.as_str());
        return Err(unresolved(words, &host, instance, &connection.region));
    }
    let reaches: Vec<Reach> = addresses.iter().map(|it| Reach::of(*it)).collect();
    let reach = match reaches.first() {
        Some(first) if !reaches.contains(&Reach::Public) => *first,
        _ => Reach::Public,
    };
    let mut list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    list.sort();
    list.dedup();
    let list = list.join(", ");
    let words = words.fact("addresses", &list).fact("reach", reach.name());
    if reach == Reach::Public && is_link {
        let seen = format!(
            "the Private Link host {host} resolves to public addresses ({list}): this way is not private"
        );
        return Err(Words { seen, ..words }.remedy(
            "see who answers for this name in DNS: an interface endpoint has private addresses only; make the Private Link instance anew if it was deleted in AWS",
        ).command(format!("nslookup {host}")));
    }
    if let Err(error) = S3::knock(&ready.http, &connection.s3_endpoint).await {
        let failure = remedy::unreachable(&error, &connection.s3_endpoint);
        return Err(Words {
            seen: format!("{host} ({list}) does not answer: {}", explain(&error)),
            facts: words.facts,
            ..failure
        });
    }
    let seen = format!("{host} resolves to {list} ({}) and answers", reach.name());
    let words = Words { seen, ..words };
    Ok(match (reach, link) {
        (Reach::Public, None) => Found::warning((), words.remedy(
            "S3 is reached over the internet, as allow_public_s3 says; bind a Private Link instance to keep data private",
        )),
        (Reach::Public, Some(_)) => Found::warning((), words.remedy(
            "S3 is reached over the internet, as s3_endpoint and allow_public_s3 say, although a Private Link instance is bound",
        )),
        (Reach::Loopback | Reach::Private, _) => Found::new((), words),
    })
}

fn unresolved(words: Words, host: &str, instance: Option<&str>, region: &str) -> Words {
    let seen = format!("{host} does not resolve");
    let words = Words { seen, ..words };
    let Some(instance) = instance.map(word) else {
        return words
            .remedy("correct s3_endpoint")
            .command(format!("nslookup {host}"));
    };
    words
        .remedy("the endpoint is gone or not yet there: see whether the Private Link instance is ready, make it anew if it was deleted in AWS, and restage")
        .command(format!("cf service {instance}"))
        .command(format!("cf create-service privatelink standard {instance} -c '{{\"serviceName\":\"com.amazonaws.{region}.s3\"}}' --wait"))
        .command(format!("nslookup {host}"))
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn addresses_are_told_apart_by_who_can_reach_them() {
        for (address, reach) in [
            ("127.0.0.1", "loopback"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("10.0.0.1", "private"),
            ("172.16.0.1", "private"),
            ("172.32.0.1", "public"),
            ("192.168.1.1", "private"),
            ("169.254.1.1", "private"),
            ("100.64.0.1", "private"),
            ("100.128.0.1", "public"),
            ("52.219.0.1", "public"),
            ("fd00::1", "private"),
            ("fe80::1", "private"),
            ("::ffff:10.0.0.1", "private"),
            ("2600::1", "public"),
        ] {
            assert_eq!(
                Reach::of(address.parse().unwrap()).name(),
                reach,
                "{address}"
            );
        }
    }
}
