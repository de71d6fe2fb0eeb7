//! An exact decimal number of up to 38 digits, enough for every `Edm.Int64`
//! product and every `Edm.Decimal` a URL spells out. Operations whose exact
//! result does not fit answer `None`; the caller then goes on with doubles.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

const MAX_SCALE: u32 = 38;
/// Digits after the point at which a division stops.
const DIVISION_SCALE: u32 = 28;

/// `mantissa × 10^-scale`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// `mantissa × 10^-scale`; `None` beyond 38 digits after the point.
    pub fn new(mantissa: i128, scale: u32) -> Option<Self> {
        (scale <= MAX_SCALE).then(|| Self { mantissa, scale }.trimmed())
    }

    /// How many digits stand right of the point.
    pub(crate) const fn scale(self) -> u32 {
        self.scale
    }

    /// Whether the value is zero.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The sum, if it can be represented exactly.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Self::new(left.checked_add(right)?, scale)
    }

    /// The difference, if it can be represented exactly.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.checked_neg()?)
    }

    /// The negative value.
    pub fn checked_neg(self) -> Option<Self> {
        Some(Self {
            mantissa: self.mantissa.checked_neg()?,
            scale: self.scale,
        })
    }

    /// The product, if it can be represented exactly.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        Self::new(
            self.mantissa.checked_mul(other.mantissa)?,
            self.scale + other.scale,
        )
    }

    /// The quotient to 28 digits after the point; `None` by zero.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let mut quotient = self.mantissa.checked_div(other.mantissa)?;
        let mut rest = self.mantissa.checked_rem(other.mantissa)?;
        let mut scale = i64::from(self.scale) - i64::from(other.scale);
        while scale < 0 || (rest != 0 && scale < i64::from(DIVISION_SCALE)) {
            let (Some(wider), Some(shifted)) = (quotient.checked_mul(10), rest.checked_mul(10))
            else {
                break;
            };
            let digit = shifted.checked_div(other.mantissa)?;
            let Some(next) = wider.checked_add(digit) else {
                break;
            };
            quotient = next;
            rest = shifted.checked_rem(other.mantissa)?;
            scale += 1;
        }
        Self::new(quotient, u32::try_from(scale).ok()?)
    }

    /// The remainder, with the sign of the dividend; `None` by zero.
    pub fn checked_rem(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Self::new(left.checked_rem(right)?, scale)
    }

    /// The greatest whole number not above this one.
    #[must_use]
    pub fn floor(self) -> Self {
        self.whole(i128::div_euclid)
    }

    /// The smallest whole number not below this one.
    #[must_use]
    pub fn ceiling(self) -> Self {
        self.whole(|mantissa, unit| -(-mantissa).div_euclid(unit))
    }

    /// The nearest whole number, a half away from zero.
    #[must_use]
    pub fn round(self) -> Self {
        self.whole(|mantissa, unit| {
            let (whole, rest) = (mantissa / unit, mantissa % unit);
            // Compared with the other half, so that nothing can overflow.
            if rest.abs() >= unit - rest.abs() {
                whole + rest.signum()
            } else {
                whole
            }
        })
    }

    /// The nearest double.
    #[expect(
        clippy::cast_precision_loss,
        reason = "numeric promotion to Edm.Double is lossy by definition"
    )]
    pub fn to_f64(self) -> f64 {
        // Parsing rounds once, where dividing would round twice.
        let exact = self.mantissa.unsigned_abs() < 1 << 53 && self.scale <= 22;
        if exact {
            return self.mantissa as f64 / 10f64.powi(self.scale.cast_signed());
        }
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    fn whole(self, divide: impl Fn(i128, i128) -> i128) -> Self {
        match self.unit() {
            Some(unit) if self.scale > 0 => Self {
                mantissa: divide(self.mantissa, unit),
                scale: 0,
            },
            Some(_) | None => self,
        }
    }

    fn unit(self) -> Option<i128> {
        10i128.checked_pow(self.scale)
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let widen = |number: Self| {
            number
                .mantissa
                .checked_mul(10i128.checked_pow(scale - number.scale)?)
        };
        Some((widen(self)?, widen(other)?, scale))
    }

    fn trimmed(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// Whole part, and the fraction as a number of 10^-38.
    fn parts(self) -> (i128, i128) {
        let unit = self.unit().unwrap_or(1);
        let widen = 10i128.checked_pow(MAX_SCALE - self.scale).unwrap_or(1);
        (self.mantissa / unit, self.mantissa % unit * widen)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self {
            mantissa: i128::from(value),
            scale: 0,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// Why a text is not a [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADecimal;

impl fmt::Display for NotADecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number of at most 38 digits")
    }
}

impl std::error::Error for NotADecimal {}

impl FromStr for Decimal {
    type Err = NotADecimal;

    /// Reads `[+-]digits[.digits]`, without an exponent.
    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(NotADecimal),
            Some(parts) => parts,
            None => (digits, ""),
        };
        if whole.is_empty() {
            return Err(NotADecimal);
        }
        let mut mantissa: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = char::from(byte).to_digit(10).ok_or(NotADecimal)?;
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|number| number.checked_add(i128::from(digit)))
                .ok_or(NotADecimal)?;
        }
        let scale = u32::try_from(fraction.len()).map_err(|_| NotADecimal)?;
        Self::new(if negative { -mantissa } else { mantissa }, scale).ok_or(NotADecimal)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.trimmed();
        let digits = number.mantissa.unsigned_abs().to_string();
        let scale = usize::try_from(number.scale).unwrap_or_default();
        if number.mantissa < 0 {
            f.write_str("-")?;
        }
        if scale == 0 {
            return f.write_str(&digits);
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_read_and_written_without_loss() {
        for (text, written) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("-0.05", "-0.05"),
            ("+42", "42"),
            ("9223372036854775808", "9223372036854775808"),
            (
                "0.00000000000000000000000000000000000001",
                "0.00000000000000000000000000000000000001",
            ),
        ] {
            assert_eq!(d(text).to_string(), written);
        }
        for text in [
            "",
            "-",
            ".1",
            "1.",
            "1e3",
            "1..2",
            "a",
            "--1",
            &"9".repeat(40),
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(NotADecimal), "{text}");
        }
    }

    #[test]
    fn order_is_exact_where_doubles_are_not() {
        assert!(d("9007199254740993") > d("9007199254740992"));
        assert!(d("0.1") < d("0.10000000000000000000000000001"));
        assert!(d("-1.5") < d("-1.4"));
        assert!(d("-0.5") < d("0.5"));
        assert_eq!(d("1.0"), d("1"));
    }

    #[test]
    fn arithmetic_follows_the_decimal_rules() {
        assert_eq!(d("0.1").checked_add(d("0.2")), Some(d("0.3")));
        assert_eq!(d("2.55").checked_sub(d("0.55")), Some(d("2")));
        assert_eq!(d("2.55").checked_mul(d("2.0")), Some(d("5.1")));
        assert_eq!(d("5").checked_div(d("2")), Some(d("2.5")));
        assert_eq!(d("5").checked_div(d("0.02")), Some(d("250")));
        assert_eq!(
            d("1").checked_div(d("3")).unwrap().to_string(),
            "0.3333333333333333333333333333"
        );
        assert_eq!(d("-7").checked_rem(d("3")), Some(d("-1")));
        assert_eq!(d("1").checked_div(Decimal::ZERO), None);
        assert_eq!(d("1").checked_rem(Decimal::ZERO), None);
        assert_eq!(d(&"9".repeat(38)).checked_mul(d("10")), None);
    }

    #[test]
    fn rounding_takes_a_half_away_from_zero() {
        for (text, floor, round, ceiling) in [
            ("2.5", "2", "3", "3"),
            ("-2.5", "-3", "-3", "-2"),
            ("2.4", "2", "2", "3"),
            ("-0.4", "-1", "0", "0"),
            ("7", "7", "7", "7"),
        ] {
            let number = d(text);
            assert_eq!(
                (number.floor(), number.round(), number.ceiling()),
                (d(floor), d(round), d(ceiling)),
                "{text}"
            );
        }
    }

    #[test]
    fn the_nearest_double_is_found() {
        assert!((d("2.5").to_f64() - 2.5).abs() < f64::EPSILON);
        assert!((d("-0.1").to_f64() + 0.1).abs() < f64::EPSILON);
        assert!(
            (d("123456789012345678901234567890").to_f64() / 1.234_567_890_123_456_8e29 - 1.0).abs()
                < f64::EPSILON
        );
    }
}
