//! Reads a JSON Web Key Set and keeps what can verify our tokens: RSA keys of at least 2,048 bits
//! and keys on P-384, for signatures, each with a name of its own. What doesn't fit is left out, as
//! <https://www.rfc-editor.org/rfc/rfc7517#section-5> wants it; a set that is too large is refused.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// Most keys in a set; more would be a set made to be large.
const MOST_KEYS: usize = 50;

/// Smallest modulus in bits.
const SMALLEST: usize = 2048;

/// Largest modulus in bits: larger ones only cost time.
const LARGEST: usize = 8192;

/// Longest public exponent in bytes; all real ones are 65537.
const LONGEST_EXPONENT: usize = 4;

/// Bytes of a coordinate on P-384.
const P384_COORDINATE: usize = 48;

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A key of whatever kind, with the members that our kinds have.
#[derive(Deserialize)]
struct Entry {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Entry {
    /// Other kinds are left out before names are compared: they can't be mistaken for ours.
    fn is_of_our_kinds(&self) -> bool {
        match self.kty.as_str() {
            "RSA" => true,
            "EC" => self.crv.as_deref() == Some("P-384"),
            _ => false,
        }
    }
}

/// A public key; it decides the algorithm, a token only says the same or is refused.
pub(in crate::caller) struct Key {
    /// The only algorithm that this key verifies.
    pub(in crate::caller) algorithm: Algorithm,
    /// The key as the library wants it.
    pub(in crate::caller) verifying: DecodingKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.algorithm)
    }
}

/// Usable keys by name.
pub(super) type Keys = HashMap<String, Arc<Key>>;

/// The usable keys of a set; `None` if it has too many.
pub(super) fn read(body: &[u8]) -> Result<Option<Keys>, serde_json::Error> {
    let set: Set = serde_json::from_slice(body)?;
    if set.keys.len() > MOST_KEYS {
        return Ok(None);
    }
    let mut named: HashMap<String, Vec<Option<Key>>> = HashMap::new();
    for value in set.keys {
        if let Ok(entry) = serde_json::from_value::<Entry>(value)
            && entry.is_of_our_kinds()
        {
            let usable = usable(&entry);
            named.entry(entry.kid).or_default().push(usable);
        }
    }
    // Two keys of one name: nobody can say which is meant, so neither is.
    let keys = named
        .into_iter()
        .filter(|(_, keys)| keys.len() == 1)
        .filter_map(|(kid, keys)| Some((kid, Arc::new(keys.into_iter().next()??))));
    Ok(Some(keys.collect()))
}

fn usable(entry: &Entry) -> Option<Key> {
    if entry
        .purpose
        .as_deref()
        .is_some_and(|purpose| purpose != "sig")
    {
        return None;
    }
    // AWS names no algorithm with its RSA key, so the kind of key must do
    let (name, key) = match entry.kty.as_str() {
        "RSA" => ("RS256", rsa(entry)?),
        "EC" => ("ES384", p384(entry)?),
        _ => return None,
    };
    entry
        .alg
        .as_deref()
        .is_none_or(|alg| alg == name)
        .then_some(key)
}

fn rsa(entry: &Entry) -> Option<Key> {
    let modulus = number(entry.n.as_deref()?)?;
    let exponent = number(entry.e.as_deref()?)?;
    let zeros = modulus.first()?.leading_zeros() as usize;
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    let sound = (SMALLEST..=LARGEST).contains(&(modulus.len() * 8 - zeros))
        && exponent.len() <= LONGEST_EXPONENT
        && odd
        && exponent != [1];
    sound.then(|| Key {
        algorithm: Algorithm::RS256,
        verifying: DecodingKey::from_rsa_raw_components(&modulus, &exponent),
    })
}

/// P-384 only; whether the point lies on the curve is checked when it verifies.
fn p384(entry: &Entry) -> Option<Key> {
    let (x, y) = (entry.x.as_deref()?, entry.y.as_deref()?);
    let coordinate = |text: &str| {
        URL_SAFE_NO_PAD
            .decode(text)
            .is_ok_and(|bytes| bytes.len() == P384_COORDINATE)
    };
    if !coordinate(x) || !coordinate(y) {
        return None;
    }
    Some(Key {
        algorithm: Algorithm::ES384,
        verifying: DecodingKey::from_ec_components(x, y).ok()?,
    })
}

/// Big-endian bytes without the leading zero that some writers put before the sign bit.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(start..).map(<[u8]>::to_vec)
}
