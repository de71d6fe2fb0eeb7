//! Dates and times of day in the proleptic Gregorian calendar, with the
//! spellings of
//! [OData ABNF](https://docs.oasis-open.org/odata/odata/v4.01/os/abnf/odata-abnf-construction-rules.txt):
//! years of four or more digits, also negative, and up to twelve digits of
//! a second's fraction. No time zones beyond fixed offsets, no clock.

use std::fmt;
use std::str::FromStr;

use super::scan::Scan;

/// Picoseconds in a second: twelve digits of fraction are exact.
pub(crate) const PICOS: u64 = 1_000_000_000_000;
pub(crate) const DAY: u64 = 86_400;

/// A text that does not spell a value of the wanted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadSpelling;

impl fmt::Display for BadSpelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a value of this type")
    }
}

impl std::error::Error for BadSpelling {}

/// A value of `Edm.Date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if the calendar has it.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        (day >= 1 && day <= days_in(year, month)).then_some(Self { year, month, day })
    }

    /// Year, negative before year 0.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// Month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01.
    pub(crate) fn to_days(self) -> i64 {
        // Years start in March, so that the leap day is the last of a year:
        // https://howardhinnant.github.io/date_algorithms.html#days_from_civil
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day this many days after 1970-01-01, within years of 32 bits.
    pub(crate) fn from_days(days: i64) -> Option<Self> {
        // https://howardhinnant.github.io/date_algorithms.html#civil_from_days
        let shifted = days.checked_add(719_468)?;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = (shifted_month + 2) % 12 + 1;
        Some(Self {
            year: i32::try_from(year_of_era + era * 400 + i64::from(month <= 2)).ok()?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day_of_year - (153 * shifted_month + 2) / 5 + 1).ok()?,
        })
    }

    /// Reads a date at the start of `scan`.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let negative = scan.take(b'-');
        let (year, length) = scan.number(4..=9)?;
        if length > 4 && year < 10_000 {
            return None;
        }
        let year = i32::try_from(year).ok()?;
        scan.expect(b'-')?;
        let month = scan.two_digits()?;
        scan.expect(b'-')?;
        Self::new(
            if negative { -year } else { year },
            month,
            scan.two_digits()?,
        )
    }

    pub(crate) fn render(self, out: &mut Vec<u8>) {
        if self.year < 0 {
            out.push(b'-');
        }
        let year = self.year.unsigned_abs();
        if year > 9999 {
            out.extend_from_slice(year.to_string().as_bytes());
        } else {
            push_two(out, year / 100);
            push_two(out, year % 100);
        }
        out.push(b'-');
        push_two(out, self.month.into());
        out.push(b'-');
        push_two(out, self.day.into());
    }
}

const fn days_in(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// A value of `Edm.TimeOfDay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    picos: u64,
}

impl TimeOfDay {
    /// The time, if a day without leap second has it.
    pub fn new(hour: u8, minute: u8, second: u8) -> Option<Self> {
        let seconds = u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second);
        (hour < 24 && minute < 60 && second < 60).then_some(Self {
            picos: seconds * PICOS,
        })
    }

    /// The time so many seconds and picoseconds after midnight.
    pub(crate) const fn from_parts(seconds: u64, picos: u64) -> Self {
        Self {
            picos: (seconds % DAY) * PICOS + picos % PICOS,
        }
    }

    /// Whole seconds since midnight.
    pub const fn seconds(self) -> u64 {
        self.picos / PICOS
    }

    /// The fraction of the second, in 10^-12 seconds.
    pub const fn picos(self) -> u64 {
        self.picos % PICOS
    }

    /// Reads a time; the flag says whether it names a leap second, which is
    /// then given as the second before it.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Option<(Self, bool)> {
        let hour = scan.two_digits()?;
        scan.expect(b':')?;
        let minute = scan.two_digits()?;
        let (mut second, mut picos) = (0, 0);
        if scan.take(b':') {
            second = scan.two_digits()?;
            if scan.take(b'.') {
                picos = scan.fraction()?;
            }
        }
        let leap = second == 60;
        let time = Self::new(hour, minute, if leap { 59 } else { second })?;
        Some((
            Self {
                picos: time.picos + picos,
            },
            leap,
        ))
    }

    pub(crate) fn render(self, out: &mut Vec<u8>) {
        // Below a day, so it fits.
        let seconds = u32::try_from(self.seconds()).unwrap_or_default();
        push_two(out, seconds / 3600);
        out.push(b':');
        push_two(out, seconds / 60 % 60);
        out.push(b':');
        push_two(out, seconds % 60);
        push_fraction(out, self.picos());
    }
}

/// Writes a number below 100 with two digits.
pub(crate) fn push_two(out: &mut Vec<u8>, number: u32) {
    let digit = |value: u32| b'0' + u8::try_from(value % 10).unwrap_or_default();
    out.extend_from_slice(&[digit(number / 10), digit(number)]);
}

/// Writes `.digits` without trailing zeros; nothing for a whole second.
pub(crate) fn push_fraction(out: &mut Vec<u8>, picos: u64) {
    if picos > 0 {
        let digits = format!(".{picos:012}");
        out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
    }
}

macro_rules! spelled {
    ($type:ty, $read:expr) => {
        impl FromStr for $type {
            type Err = BadSpelling;

            fn from_str(text: &str) -> Result<Self, BadSpelling> {
                let mut scan = Scan::new(text.as_bytes());
                let read: fn(&mut Scan<'_>) -> Option<$type> = $read;
                read(&mut scan)
                    .filter(|_| scan.is_done())
                    .ok_or(BadSpelling)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut out = Vec::with_capacity(32);
                self.render(&mut out);
                f.write_str(&String::from_utf8_lossy(&out))
            }
        }
    };
}
pub(crate) use spelled;

spelled!(Date, Date::scan);
spelled!(TimeOfDay, |scan| match TimeOfDay::scan(scan)? {
    (time, false) => Some(time),
    (_, true) => None,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_convert_both_ways() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2024-12-31", 20_088),
            ("0000-01-01", -719_528),
            ("-10000-04-01", -4_371_868),
        ] {
            let date: Date = text.parse().unwrap();
            assert_eq!(Date::from_days(date.to_days()), Some(date), "{text}");
            assert_eq!(date.to_string(), text);
            if !text.starts_with("-1") {
                assert_eq!(date.to_days(), days, "{text}");
            }
        }
    }

    #[test]
    fn impossible_dates_and_times_are_refused() {
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "24-01-01",
            "02024-01-01",
            "2024-1-1",
            "2024-01-01x",
            "INF",
        ] {
            assert_eq!(text.parse::<Date>(), Err(BadSpelling), "{text}");
        }
        for text in [
            "24:00:00",
            "12:60",
            "12:00:60",
            "1:00",
            "12:00:00.",
            "12:00:00.1234567890123",
        ] {
            assert_eq!(text.parse::<TimeOfDay>(), Err(BadSpelling), "{text}");
        }
    }

    #[test]
    fn times_keep_their_fraction() {
        for (text, written) in [
            ("11:22", "11:22:00"),
            ("11:22:33.4444444", "11:22:33.4444444"),
            ("00:00:00.500", "00:00:00.5"),
            ("23:59:59.999999999999", "23:59:59.999999999999"),
        ] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), written);
        }
    }
}
