//! Names in an archive: safe on every system, and no two alike.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use icu_normalizer::DecomposingNormalizerBorrowed;

/// What file systems take for a segment, in bytes; leaves room for a number.
const LONGEST: usize = 240;
/// Names that Windows keeps for devices, with any extension.
const RESERVED: [&str; 30] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "com¹", "com²", "com³", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8",
    "lpt9", "lpt¹", "lpt²", "lpt³", "conin$", "conout$",
];
/// Extensions of what is compressed already.
const COMPRESSED: [&str; 46] = [
    "7z", "aac", "apk", "avi", "avif", "br", "bz2", "cab", "docx", "dotx", "epub", "flac", "gif",
    "gz", "heic", "jar", "jpeg", "jpg", "lz4", "m4a", "m4v", "mkv", "mov", "mp3", "mp4", "mpeg",
    "odp", "ods", "odt", "ogg", "opus", "parquet", "pdf", "png", "pptx", "rar", "tgz", "vsdx",
    "war", "webm", "webp", "woff2", "xlsx", "xz", "zip", "zst",
];

/// Whether deflating would cost much and save nothing.
pub(super) fn is_compressed(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, it)| it.to_ascii_lowercase());
    extension.is_some_and(|it| COMPRESSED.contains(&it.as_str()))
}

/// The names that are taken.
#[derive(Debug)]
pub(super) struct Names {
    base: String,
    /// Hashes, because names of many objects would take much memory; two names of one hash cost
    /// the second a number.
    taken: HashSet<u64>,
}

/// What a name is taken by.
#[derive(Hash)]
enum Kind {
    File,
    Folder,
    /// A folder that has an entry of its own.
    Entry,
}

impl Names {
    /// `base` is cut off the keys that begin with it.
    pub(super) fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            taken: HashSet::new(),
        }
    }

    /// The name of an object.
    pub(super) fn file(&mut self, key: &str) -> String {
        let name = safe(key.strip_prefix(&self.base).unwrap_or(key));
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", &name));
        let name = joined(&self.folder(folder), last);
        self.unique(&name)
    }

    /// The name of a folder, with its slash; `None` if it is there already.
    pub(super) fn directory(&mut self, key: &str) -> Option<String> {
        let key = key.strip_prefix(&self.base).unwrap_or(key);
        if key.is_empty() {
            return None;
        }
        let name = self.folder(&safe(key));
        let is_new = self.taken.insert(hash(&name, &Kind::Entry));
        is_new.then(|| format!("{name}/"))
    }

    /// The name, with a number if it is taken; systems that don't tell cases or forms of Unicode
    /// apart are respected.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let name = free(name, |name| {
            let taken = [Kind::File, Kind::Folder].map(|kind| hash(name, &kind));
            !taken.iter().any(|it| self.taken.contains(it))
        });
        self.taken.insert(hash(&name, &Kind::File));
        name
    }

    /// A folder, whose parts have numbers where files have their names. What was a folder once is
    /// never a file later, so a folder keeps its name.
    fn folder(&mut self, path: &str) -> String {
        let mut whole = String::new();
        for segment in path.split('/').filter(|it| !it.is_empty()) {
            let is_free = |name: &str| !self.taken.contains(&hash(name, &Kind::File));
            whole = free(&joined(&whole, segment), is_free);
            self.taken.insert(hash(&whole, &Kind::Folder));
        }
        whole
    }
}

/// The name, or the first one with a number that is free.
fn free(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    if is_free(name) {
        return name.to_owned();
    }
    let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
    let (stem, extension) = match last.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
        _ => (last, String::new()),
    };
    (2..=u32::MAX)
        .map(|number| joined(folder, &format!("{stem} ({number}){extension}")))
        .find(|name| is_free(name))
        .unwrap_or_else(|| name.to_owned())
}

fn joined(folder: &str, last: &str) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{last}")
}

/// Of what Windows and macOS take for one name: without regard to case, which is told best by
/// capitals, and with accents apart from their letters.
fn hash(name: &str, kind: &Kind) -> u64 {
    let mut hasher = DefaultHasher::new();
    let forms = DecomposingNormalizerBorrowed::new_nfd();
    let folded = forms.normalize(name).to_uppercase().to_lowercase();
    forms.normalize(&folded).hash(&mut hasher);
    kind.hash(&mut hasher);
    hasher.finish()
}

/// A relative path that no system takes for anything else.
fn safe(key: &str) -> String {
    let segments = key.split(['/', '\\']).filter(|it| !it.is_empty());
    let segments: Vec<String> = segments.map(safe_segment).collect();
    if segments.is_empty() {
        return "_".to_owned();
    }
    segments.join("/")
}

fn safe_segment(segment: &str) -> String {
    let safe = |c: char| {
        // a name that is shown from right to left could hide its extension
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns || "<>:\"|?*".contains(c) {
            '_'
        } else {
            c
        }
    };
    let mut name: String = segment.chars().map(safe).collect();
    while name.len() > LONGEST {
        // the extension tells what it is
        let dot = name
            .rfind('.')
            .filter(|dot| *dot > 0 && name.len() - dot < 16);
        let end = dot.unwrap_or(name.len());
        match name.get(..end).and_then(|it| it.char_indices().next_back()) {
            Some((at, _)) if at > 0 => drop(name.drain(at..end)),
            _ => name.truncate(0),
        }
    }
    // Windows drops dots and blanks at the end
    let trimmed = name.trim_end_matches(['.', ' ']);
    if trimmed.len() < name.len() {
        name = format!("{trimmed}_");
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if RESERVED.contains(&stem.to_ascii_lowercase().as_str()) {
        name.insert(0, '_');
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST, Names, is_compressed, safe};

    #[test]
    fn names_are_safe_on_every_system() {
        for (key, expected) in [
            ("a/b.txt", "a/b.txt"),
            ("/etc/passwd", "etc/passwd"),
            ("../../x", ".._/.._/x".replace(".._", "_").as_str()),
            ("a/./b", "a/_/b"),
            ("C:\\Windows\\x", "C_/Windows/x"),
            ("a?b*c<d>\"e\"|f", "a_b_c_d__e__f"),
            ("nul.txt", "_nul.txt"),
            ("COM1", "_COM1"),
            ("conin$", "_conin$"),
            ("CONOUT$.log", "_CONOUT$.log"),
            ("LPT¹", "_LPT¹"),
            ("com².txt", "_com².txt"),
            ("gpj\u{202e}.exe\u{2066}", "gpj_.exe_"),
            ("end. .", "end_"),
            ("tab\there", "tab_here"),
            ("ü/😀", "ü/😀"),
            ("", "_"),
            ("//", "_"),
        ] {
            assert_eq!(safe(key), expected, "{key}");
        }
        let long = safe(&format!("{}.pdf", "ü".repeat(500)));
        assert!(long.len() <= LONGEST && long.ends_with("ü.pdf"), "{long}");
    }

    #[test]
    fn no_two_names_are_alike() {
        let mut names = Names::new("docs/");
        assert_eq!(names.file("docs/a.txt"), "a.txt");
        assert_eq!(names.file("docs/A.TXT"), "A (2).TXT");
        assert_eq!(names.file("docs/x/a:b"), "x/a_b");
        assert_eq!(names.file("docs/x/a?b"), "x/a_b (2)");
        assert_eq!(names.file("docs/.hidden"), ".hidden");
        assert_eq!(names.file("docs//.hidden"), ".hidden (2)");
        assert_eq!(names.directory("docs/"), None);
        assert_eq!(names.directory("docs/x/").as_deref(), Some("x/"));
        assert_eq!(names.directory("docs/x/"), None);
    }

    #[test]
    fn files_and_folders_are_told_apart() {
        let mut names = Names::new("");
        assert_eq!(names.file("y/\u{1}"), "y/_");
        assert_eq!(names.file("y/../b"), "y/_ (2)/b");
        assert_eq!(names.file("y/./c"), "y/_ (2)/c");
        assert_eq!(names.directory("y/?/").as_deref(), Some("y/_ (2)/"));
        assert_eq!(names.file("u/:/x"), "u/_/x");
        assert_eq!(names.file("u/*"), "u/_ (2)");
        assert_eq!(names.file("A"), "A");
        assert_eq!(names.file("a/b"), "a (2)/b");
        assert_eq!(names.file("é.txt"), "é.txt");
        assert_eq!(names.file("E\u{301}.txt"), "E\u{301} (2).txt");
    }

    #[test]
    fn what_is_compressed_is_known_by_its_extension() {
        assert!(is_compressed("a.JPG") && is_compressed("b.tar.gz"));
        assert!(!is_compressed("a.csv") && !is_compressed("zip"));
    }

    proptest! {
        #[test]
        fn every_key_has_a_safe_name(key in "\\PC*|.*") {
            for segment in safe(&key).split('/') {
                prop_assert!(!segment.is_empty() && segment.len() <= LONGEST + 1, "{}", segment);
                prop_assert!(segment != "." && segment != "..", "{}", segment);
                prop_assert!(!segment.ends_with(['.', ' ']), "{}", segment);
                prop_assert!(!segment.contains(['\\', ':', '*', '?', '"', '<', '>', '|']));
                prop_assert!(!segment.contains(char::is_control));
            }
        }
    }
}
