//! A cursor over the bytes of a date, time or duration.

use std::ops::RangeInclusive;

use super::calendar::PICOS;

/// Reads digits and separators from the front of a byte string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// Bytes not yet read.
    pub(crate) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads `byte` if it comes next.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((&first, rest)) if first == byte => {
                self.rest = rest;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Reads `byte`, which has to come next.
    pub(crate) fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    /// Reads as many digits as there are; their number has to be in `length`.
    pub(crate) fn number(&mut self, length: RangeInclusive<usize>) -> Option<(u64, usize)> {
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if !length.contains(&digits) {
            return None;
        }
        let (number, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        let mut value: u64 = 0;
        for byte in number {
            value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
        }
        Some((value, digits))
    }

    pub(crate) fn two_digits(&mut self) -> Option<u8> {
        let (&[tens, ones], rest) = self.rest.split_first_chunk()?;
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        self.rest = rest;
        Some((tens - b'0') * 10 + ones - b'0')
    }

    /// Reads 1 to 12 digits after the point, as picoseconds.
    pub(crate) fn fraction(&mut self) -> Option<u64> {
        let (value, length) = self.number(1..=12)?;
        let mut picos = value;
        for _ in length..12 {
            picos *= 10;
        }
        (picos < PICOS).then_some(picos)
    }
}
