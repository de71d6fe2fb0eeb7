//! Points in time with a fixed offset, and spans of time.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::calendar::{BadSpelling, DAY, Date, PICOS, TimeOfDay, push_fraction, push_two, spelled};
use super::scan::Scan;

/// A value of `Edm.DateTimeOffset`: an instant, and how it was written.
///
/// Two values are equal when they name the same instant, whatever their
/// offsets.
#[derive(Debug, Clone, Copy)]
pub struct DateTimeOffset {
    /// Seconds since 1970-01-01T00:00:00Z.
    seconds: i64,
    picos: u64,
    offset_minutes: i16,
}

impl DateTimeOffset {
    /// The earliest instant OData can name: `mindatetime()`.
    pub const MIN: Self = Self {
        seconds: -62_135_596_800,
        picos: 0,
        offset_minutes: 0,
    };
    /// The latest instant with a year of four digits: `maxdatetime()`.
    pub const MAX: Self = Self {
        seconds: 253_402_300_799,
        picos: PICOS - 1,
        offset_minutes: 0,
    };

    /// The instant so many seconds and nanoseconds after 1970, in UTC.
    /// Nanoseconds beyond a second are cut off.
    pub const fn from_unix(seconds: i64, nanos: u32) -> Self {
        Self {
            seconds,
            // Widening cannot lose: u32 into u64.
            picos: (nanos % 1_000_000_000) as u64 * 1000,
            offset_minutes: 0,
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Minutes that local time is ahead of UTC.
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// The fraction of the second, in 10^-12 seconds.
    pub const fn picos(self) -> u64 {
        self.picos
    }

    /// The date where it was written; `None` beyond years of 32 bits.
    pub fn date(self) -> Option<Date> {
        Date::from_days(self.local().div_euclid(DAY.cast_signed()))
    }

    /// The time of day where it was written.
    pub fn time(self) -> TimeOfDay {
        let seconds = self.local().rem_euclid(DAY.cast_signed());
        TimeOfDay::from_parts(seconds.cast_unsigned(), self.picos)
    }

    /// The instant a span later; `None` out of range.
    pub fn checked_add(self, span: Duration) -> Option<Self> {
        let total = span.picos.checked_add(i128::from(self.picos))?;
        let picos = i128::from(PICOS);
        Some(Self {
            seconds: self
                .seconds
                .checked_add(i64::try_from(total.div_euclid(picos)).ok()?)?,
            picos: u64::try_from(total.rem_euclid(picos)).ok()?,
            offset_minutes: self.offset_minutes,
        })
    }

    /// The span since an earlier instant.
    pub fn since(self, earlier: Self) -> Duration {
        let seconds = i128::from(self.seconds) - i128::from(earlier.seconds);
        let picos = i128::from(self.picos) - i128::from(earlier.picos);
        Duration {
            picos: seconds * i128::from(PICOS) + picos,
        }
    }

    fn local(self) -> i64 {
        self.seconds
            .saturating_add(i64::from(self.offset_minutes) * 60)
    }

    /// Reads an instant at the start of `scan`.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let date = Date::scan(scan)?;
        if !scan.take(b'T') {
            scan.expect(b't')?;
        }
        let (time, leap) = TimeOfDay::scan(scan)?;
        let offset = match scan.peek()? {
            b'Z' | b'z' => {
                scan.take(b'Z');
                scan.take(b'z');
                0
            }
            sign @ (b'+' | b'-') => {
                scan.take(sign);
                let hours = i16::from(scan.two_digits()?);
                scan.expect(b':')?;
                let minutes = i16::from(scan.two_digits()?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                (hours * 60 + minutes) * if sign == b'-' { -1 } else { 1 }
            }
            _ => return None,
        };
        let local = date.to_days() * DAY.cast_signed() + time.seconds().cast_signed();
        Some(Self {
            seconds: local - i64::from(offset) * 60 + i64::from(leap),
            picos: time.picos(),
            offset_minutes: offset,
        })
    }

    /// Writes the value as JSON and URLs spell it.
    pub(crate) fn render(self, out: &mut Vec<u8>) {
        // Such years cannot be scanned, only computed; the epoch keeps the
        // output a date.
        self.date()
            .or_else(|| Date::from_days(0))
            .into_iter()
            .for_each(|date| date.render(out));
        out.push(b'T');
        self.time().render(out);
        if self.offset_minutes == 0 {
            out.push(b'Z');
            return;
        }
        out.push(if self.offset_minutes < 0 { b'-' } else { b'+' });
        let minutes = u32::from(self.offset_minutes.unsigned_abs());
        push_two(out, minutes / 60);
        out.push(b':');
        push_two(out, minutes % 60);
    }
}

impl Date {
    /// The span since an earlier day.
    pub fn since(self, earlier: Self) -> Duration {
        let days = i128::from(self.to_days()) - i128::from(earlier.to_days());
        Duration {
            picos: days * i128::from(DAY * PICOS),
        }
    }

    /// The day of midnight plus a span; `None` out of range.
    pub fn checked_add(self, span: Duration) -> Option<Self> {
        let days = span.picos.div_euclid(i128::from(DAY * PICOS));
        Self::from_days(self.to_days().checked_add(i64::try_from(days).ok()?)?)
    }
}

impl Ord for DateTimeOffset {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.picos).cmp(&(other.seconds, other.picos))
    }
}

impl PartialOrd for DateTimeOffset {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DateTimeOffset {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for DateTimeOffset {}

impl Hash for DateTimeOffset {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.seconds, self.picos).hash(state);
    }
}

/// A value of `Edm.Duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    picos: i128,
}

impl Duration {
    /// A span of so many 10^-12 seconds.
    pub const fn from_picos(picos: i128) -> Self {
        Self { picos }
    }

    /// The span in 10^-12 seconds.
    pub const fn picos(self) -> i128 {
        self.picos
    }

    /// Reads `[-]P[nD][T[nH][nM][n[.n]S]]` at the start of `scan`.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let negative = scan.take(b'-');
        scan.expect(b'P')?;
        let start = scan.remaining();
        let mut picos: i128 = 0;
        let mut rest = *scan;
        if let Some((days, _)) = rest.number(1..=12)
            && rest.take(b'D')
        {
            picos = i128::from(days) * i128::from(DAY * PICOS);
            *scan = rest;
        }
        if scan.take(b'T') {
            picos += scan_clock(scan)?;
        }
        if scan.remaining() == start {
            return None;
        }
        Some(Self {
            picos: if negative { -picos } else { picos },
        })
    }

    pub(crate) fn render(self, out: &mut Vec<u8>) {
        let picos = self.picos.unsigned_abs();
        let unit = u128::from(PICOS);
        let (seconds, fraction) = (picos / unit, picos % unit);
        if self.picos < 0 {
            out.push(b'-');
        }
        let (days, clock) = (seconds / u128::from(DAY), seconds % u128::from(DAY));
        out.push(b'P');
        push_part(out, days, b'D');
        if clock == 0 && fraction == 0 && days > 0 {
            return;
        }
        out.push(b'T');
        push_part(out, clock / 3600, b'H');
        push_part(out, clock / 60 % 60, b'M');
        if clock % 60 > 0 || fraction > 0 || clock == 0 {
            out.extend_from_slice((clock % 60).to_string().as_bytes());
            push_fraction(out, u64::try_from(fraction).unwrap_or_default());
            out.push(b'S');
        }
    }
}

/// Writes a number other than zero with its unit.
fn push_part(out: &mut Vec<u8>, number: u128, unit: u8) {
    if number > 0 {
        out.extend_from_slice(number.to_string().as_bytes());
        out.push(unit);
    }
}

/// Reads hours, minutes and seconds, at least one of them, in this order.
fn scan_clock(scan: &mut Scan<'_>) -> Option<i128> {
    let mut picos = 0;
    let mut units: &[(u8, i128)] = &[(b'H', 3600), (b'M', 60), (b'S', 1)];
    let start = scan.remaining();
    while matches!(scan.peek(), Some(b'0'..=b'9')) {
        let (number, _) = scan.number(1..=12)?;
        let fraction = if scan.take(b'.') { scan.fraction()? } else { 0 };
        let designator = scan.peek()?;
        let found = units.iter().position(|(unit, _)| *unit == designator)?;
        if fraction > 0 && designator != b'S' {
            return None;
        }
        scan.take(designator);
        let (_, seconds) = units.get(found)?;
        picos += i128::from(number) * seconds * i128::from(PICOS) + i128::from(fraction);
        units = units.get(found + 1..)?;
    }
    (scan.remaining() < start).then_some(picos)
}

spelled!(DateTimeOffset, DateTimeOffset::scan);
spelled!(Duration, Duration::scan);

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTimeOffset {
        text.parse().unwrap()
    }

    #[test]
    fn the_same_instant_is_equal_in_every_offset() {
        assert_eq!(
            instant("2012-09-03T14:53+02:00"),
            instant("2012-09-03T12:53:00Z")
        );
        assert_eq!(
            instant("2024-01-01T00:00:00Z"),
            instant("2024-01-01T00:00:00.000Z")
        );
        assert!(instant("2024-01-01T00:00:00.000000000001Z") > instant("2024-01-01T00:00:00Z"));
        assert_eq!(
            instant("1972-06-30T23:59:60Z"),
            instant("1972-07-01T00:00:00Z")
        );
    }

    #[test]
    fn instants_are_written_as_they_were_read() {
        for text in [
            "2012-08-31T18:19:22.1Z",
            "0000-01-01T00:00:00Z",
            "-10000-04-01T00:00:00Z",
            "2012-09-03T23:59:00+01:30",
            "2012-09-03T23:59:00-11:00",
        ] {
            assert_eq!(instant(text).to_string(), text);
        }
        assert_eq!(
            DateTimeOffset::from_unix(1_704_067_200, 500_000_000).to_string(),
            "2024-01-01T00:00:00.5Z"
        );
        assert_eq!(DateTimeOffset::MIN.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(
            DateTimeOffset::MAX.to_string(),
            "9999-12-31T23:59:59.999999999999Z"
        );
    }

    #[test]
    fn impossible_instants_are_refused() {
        for text in [
            "2011-12-31T24:00Z",
            "2012-09-03T24:00-03:00",
            "2012-09-03T10:00",
            "2012-09-03",
            "-INF",
            "2012-09-03T23%3A59Z",
            "2012-09-03T10:00+24:00",
        ] {
            assert_eq!(text.parse::<DateTimeOffset>(), Err(BadSpelling), "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_written() {
        for (text, written) in [
            ("-P6DT23H59M59.9999S", "-P6DT23H59M59.9999S"),
            ("P1D", "P1D"),
            ("PT0S", "PT0S"),
            ("PT90M", "PT1H30M"),
            ("PT36H", "P1DT12H"),
            ("PT0.5S", "PT0.5S"),
        ] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), written);
        }
        for text in [
            "P", "PT", "P1DT", "P1Y", "P1M6D", "+P1D", "PT1S1H", "PT1.5H", "1D",
        ] {
            assert_eq!(text.parse::<Duration>(), Err(BadSpelling), "{text}");
        }
    }

    #[test]
    fn spans_move_instants() {
        let start = instant("2024-12-24T23:41:59.9Z");
        let later = start.checked_add("P1DT0.2S".parse().unwrap()).unwrap();
        assert_eq!(later.to_string(), "2024-12-25T23:42:00.1Z");
        assert_eq!(later.since(start).to_string(), "P1DT0.2S");
    }
}
