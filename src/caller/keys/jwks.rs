//! Reads a JSON Web Key Set and keeps what can verify our tokens: RSA signing keys of at least
//! 2,048 bits, each with a name of its own. What doesn't fit is left out, as
//! <https://www.rfc-editor.org/rfc/rfc7517#section-5> wants it; a set that is too large is refused.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

/// Most keys in a set; more would be a set made to be large.
const MOST_KEYS: usize = 50;

/// Smallest modulus in bits.
const SMALLEST: usize = 2048;

/// Largest modulus in bits: larger ones only cost time.
const LARGEST: usize = 8192;

/// Longest public exponent in bytes; all real ones are 65537.
const LONGEST_EXPONENT: usize = 4;

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RsaKey {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: String,
    e: String,
}

/// Usable keys by name.
pub(super) type Keys = HashMap<String, Arc<DecodingKey>>;

/// The usable keys of a set; `None` if it has too many.
pub(super) fn read(body: &[u8]) -> Result<Option<Keys>, serde_json::Error> {
    let set: Set = serde_json::from_slice(body)?;
    if set.keys.len() > MOST_KEYS {
        return Ok(None);
    }
    let mut named: HashMap<String, Vec<Option<DecodingKey>>> = HashMap::new();
    for value in set.keys {
        // Other kinds of keys lack `n` and `e`.
        if let Ok(key) = serde_json::from_value::<RsaKey>(value) {
            let usable = usable(&key);
            named.entry(key.kid).or_default().push(usable);
        }
    }
    // Two keys of one name: nobody can say which is meant, so neither is.
    let keys = named
        .into_iter()
        .filter(|(_, keys)| keys.len() == 1)
        .filter_map(|(kid, keys)| Some((kid, Arc::new(keys.into_iter().next()??))));
    Ok(Some(keys.collect()))
}

fn usable(key: &RsaKey) -> Option<DecodingKey> {
    let fits = key.kty == "RSA"
        && key
            .purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig")
        && key.alg.as_deref().is_none_or(|alg| alg == "RS256");
    if !fits {
        return None;
    }
    let modulus = number(&key.n)?;
    let exponent = number(&key.e)?;
    let zeros = modulus.first()?.leading_zeros() as usize;
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    let sound = (SMALLEST..=LARGEST).contains(&(modulus.len() * 8 - zeros))
        && exponent.len() <= LONGEST_EXPONENT
        && odd
        && exponent != [1];
    sound.then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

/// Big-endian bytes without the leading zero that some writers put before the sign bit.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(start..).map(<[u8]>::to_vec)
}
