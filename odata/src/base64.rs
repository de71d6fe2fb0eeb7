//! base64url without padding
//! ([RFC 4648, 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)), as
//! OData spells `Edm.Binary` and as skip tokens are made.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends the digits of `bytes`.
pub(crate) fn encode(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            let digit = usize::try_from(digit).unwrap_or_default();
            out.extend(DIGITS.get(digit));
        }
    }
}

/// The bytes that `text` spells, with or without padding.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if text.len() - digits.len() > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_went() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"\xff\xfe\xfd\xfc"] {
            let mut digits = Vec::new();
            encode(&mut digits, bytes);
            let digits = String::from_utf8(digits).unwrap();
            assert_eq!(decode(&digits).as_deref(), Some(bytes), "{digits}");
        }
        assert_eq!(decode("Zg=="), Some(b"f".to_vec()));
        for text in ["A", "Zg===", "Zm9v+w", "Zm 9"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
