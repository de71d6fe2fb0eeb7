//! The bytes of a ZIP archive (PKWARE APPNOTE 6.3.10,
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>): headers, data descriptors because
//! checksums are known behind the data only, and ZIP64 where numbers don't fit into 32 bits.

use time::OffsetDateTime;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// Needed to extract: ZIP64.
const VERSION: u16 = 45;
/// Made on Unix, so that attributes are Unix modes.
const MADE_BY: u16 = (3 << 8) | VERSION;
/// Sizes and checksum come behind the data (bit 3); names are UTF-8 (bit 11).
const FLAGS: u16 = (1 << 3) | (1 << 11);
/// From here on sizes are written with 64 bits: deflating may make data a little longer.
const LARGE: u64 = 0xffff_0000;
const FULL_32: u32 = u32::MAX;
const FULL_16: u16 = u16::MAX;
/// Bytes that the list of names may take; some 80,000 names.
const LONGEST_LIST: usize = 10 << 20;

/// How an entry's data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored = 0,
    Deflated = 8,
}

/// An entry whose data is to come.
#[derive(Debug)]
pub(super) struct Entry {
    name: String,
    seconds: u32,
    dos: u32,
    method: Method,
    /// Whether sizes have 64 bits.
    large: bool,
}

/// An archive on its way.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// How many bytes came so far.
    position: u64,
    entries: u64,
    /// The list of all entries, with which the archive ends.
    list: Vec<u8>,
}

/// Little-endian numbers in a row.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn u16(mut self, number: u16) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u64(mut self, number: u64) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

impl Entry {
    /// `name` has to be short enough for 16 bits; `length` is what the data is before it is packed.
    pub(super) fn new(
        name: String,
        modified: Option<OffsetDateTime>,
        length: u64,
        method: Method,
    ) -> Self {
        let modified = modified.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Self {
            name,
            seconds: u32::try_from(modified.unix_timestamp()).unwrap_or_default(),
            dos: dos_time(modified),
            method,
            large: length >= LARGE,
        }
    }

    /// Time in seconds since 1970, in UTC: the other one has no zone.
    fn time_extra(&self) -> Vec<u8> {
        let out = Out::default().u16(0x5455).u16(5);
        out.bytes(&[1]).u32(self.seconds).0
    }
}

impl Archive {
    /// What stands before an entry's data; `None` if the list of names gets too long.
    pub(super) fn begin(&self, entry: &Entry) -> Option<Vec<u8>> {
        if self.list.len() > LONGEST_LIST {
            return None;
        }
        let mut extra = entry.time_extra();
        let size = if entry.large { FULL_32 } else { 0 };
        if entry.large {
            // the true sizes come behind the data; this says that they have 64 bits
            extra.extend(Out::default().u16(1).u16(16).u64(0).u64(0).0);
        }
        let out = Out::default()
            .u32(LOCAL)
            .u16(VERSION)
            .u16(FLAGS)
            .u16(entry.method as u16)
            .u32(entry.dos)
            .u32(0)
            .u32(size)
            .u32(size)
            .u16(short(entry.name.len()))
            .u16(short(extra.len()))
            .bytes(entry.name.as_bytes())
            .bytes(&extra);
        Some(out.0)
    }

    /// What stands behind an entry's data.
    pub(super) fn end(&mut self, entry: &Entry, crc: u32, packed: u64, length: u64) -> Vec<u8> {
        let before = self.begin(entry).map_or(0, |begin| count(begin.len()));
        let out = Out::default().u32(DESCRIPTOR).u32(crc);
        let descriptor = if entry.large {
            out.u64(packed).u64(length).0
        } else {
            out.u32(low(packed)).u32(low(length)).0
        };
        let far = self.position >= u64::from(FULL_32);
        let mut extra = entry.time_extra();
        if entry.large || far {
            let mut wide = Out::default();
            if entry.large {
                wide = wide.u64(length).u64(packed);
            }
            if far {
                wide = wide.u64(self.position);
            }
            extra.extend(
                Out::default()
                    .u16(1)
                    .u16(short(wide.0.len()))
                    .bytes(&wide.0)
                    .0,
            );
        }
        let narrow = |number: u64, wide: bool| if wide { FULL_32 } else { low(number) };
        let directory = entry.name.ends_with('/');
        let mode: u32 = if directory { 0o040_755 } else { 0o100_644 };
        let line = Out::default()
            .u32(CENTRAL)
            .u16(MADE_BY)
            .u16(VERSION)
            .u16(FLAGS)
            .u16(entry.method as u16)
            .u32(entry.dos)
            .u32(crc)
            .u32(narrow(packed, entry.large))
            .u32(narrow(length, entry.large))
            .u16(short(entry.name.len()))
            .u16(short(extra.len()))
            .u16(0)
            .u16(0)
            .u16(0)
            .u32((mode << 16) | if directory { 0x10 } else { 0 })
            .u32(narrow(self.position, far))
            .bytes(entry.name.as_bytes())
            .bytes(&extra);
        self.list.extend(line.0);
        self.entries += 1;
        self.position += before + packed + count(descriptor.len());
        descriptor
    }

    /// The list of entries, and where it is.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let (start, length) = (self.position, count(self.list.len()));
        let wide = self.entries >= u64::from(FULL_16) || start + length >= u64::from(FULL_32);
        let mut out = Out(std::mem::take(&mut self.list));
        if wide {
            out = out
                .u32(END_64)
                .u64(44)
                .u16(MADE_BY)
                .u16(VERSION)
                .u32(0)
                .u32(0)
                .u64(self.entries)
                .u64(self.entries)
                .u64(length)
                .u64(start)
                .u32(LOCATOR_64)
                .u32(0)
                .u64(start + length)
                .u32(1);
        }
        let entries = u16::try_from(self.entries).unwrap_or(FULL_16);
        out.u32(END)
            .u16(0)
            .u16(0)
            .u16(entries)
            .u16(entries)
            .u32(low(length))
            .u32(low(start))
            .u16(0)
            .0
    }
}

/// Date and time as DOS had them: from 1980 on, every other second.
fn dos_time(at: OffsetDateTime) -> u32 {
    let Ok(year) = u32::try_from(at.year() - 1980) else {
        return (1 << 21) | (1 << 16);
    };
    let date = (year.min(127) << 9) | (u32::from(u8::from(at.month())) << 5) | u32::from(at.day());
    let time = (u32::from(at.hour()) << 11) | (u32::from(at.minute()) << 5);
    (date << 16) | time | (u32::from(at.second()) / 2)
}

/// The number, or what stands for one that is too large.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(FULL_32)
}

fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(FULL_16)
}

/// A length in memory as a length in a file.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
