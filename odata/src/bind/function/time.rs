//! Parts of dates, times and instants, in the offset they were written with.

use crate::{Decimal, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bind) enum TimeFunction {
    Date,
    Day,
    FractionalSeconds,
    Hour,
    Minute,
    Month,
    Second,
    Time,
    TotalOffsetMinutes,
    Year,
}

impl TimeFunction {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "day" => Self::Day,
            "fractionalseconds" => Self::FractionalSeconds,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "month" => Self::Month,
            "second" => Self::Second,
            "time" => Self::Time,
            "totaloffsetminutes" => Self::TotalOffsetMinutes,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// `None` for instants whose year has more than 32 bits.
    pub(super) fn apply(self, value: &Value<'_>) -> Option<Value<'static>> {
        let (mut date, mut time, mut offset) = (None, None, 0);
        if let Value::DateTimeOffset(at) = value {
            date = at.date();
            time = Some(at.time());
            offset = at.offset_minutes();
        } else if let Value::Date(it) = value {
            date = Some(*it);
        } else if let Value::TimeOfDay(it) = value {
            time = Some(*it);
        }
        let second = time.map(|time| time.seconds().cast_signed());
        Some(match self {
            Self::Year => i64::from(date?.year()).into(),
            Self::Month => i64::from(date?.month()).into(),
            Self::Day => i64::from(date?.day()).into(),
            Self::Hour => (second? / 3600).into(),
            Self::Minute => (second? / 60 % 60).into(),
            Self::Second => (second? % 60).into(),
            Self::FractionalSeconds => Value::Decimal(Decimal::new(time?.picos().into(), 12)?),
            Self::Date => Value::Date(date?),
            Self::Time => Value::TimeOfDay(time?),
            Self::TotalOffsetMinutes => i64::from(offset).into(),
        })
    }
}
