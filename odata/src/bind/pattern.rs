//! Regular expressions of `matchesPattern`: the part of ECMAScript's that
//! needs no backtracking, run on all alternatives at once, so that no pattern
//! takes more than its length times that of the text. Back references, look
//! around, and named or lazy forms are not supported.

mod parse;

use parse::Reader;

use super::evaluate::{self, Failure};
use super::walk::Fuel;
use super::{Binder, Bound, Primitive, of_type, unsupported};
use crate::expression::Argument;
use crate::{Error, Value};

/// Most instructions of a pattern.
const MAX_INSTRUCTIONS: usize = 256;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    program: Vec<Instruction>,
}

#[derive(Debug, Clone)]
enum Instruction {
    Read(Set),
    Assert(Assertion),
    /// Goes on at both places.
    Split(usize, usize),
    Jump(usize),
    Found,
}

/// What holds between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assertion {
    Start,
    End,
    WordBoundary,
    NoWordBoundary,
}

/// Characters by their ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    ranges: Vec<(char, char)>,
    negated: bool,
}

/// A parsed pattern.
#[derive(Debug)]
enum Node {
    Set(Set),
    Assert(Assertion),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
}

impl Binder<'_> {
    /// Binds `matchesPattern(…)`, if that is what `name` says.
    pub(super) fn pattern_function(
        &mut self,
        name: &str,
        arguments: &[Argument],
    ) -> Result<Option<Bound>, Error> {
        if !name.eq_ignore_ascii_case("matchespattern") {
            return Ok(None);
        }
        let [text, pattern] = arguments else {
            return Err(match arguments.len() {
                3 => unsupported("A pattern with flags is"),
                _ => Error::bad_request(format!("Function \"{name}\" takes 2 arguments")),
            });
        };
        let (at, text) = (pattern.value.span.start, self.bind(&text.value)?);
        let pattern = self.bind(&pattern.value)?;
        for bound in [&text, &pattern] {
            if bound.primitive.is_some_and(|it| it != Primitive::String) {
                return Err(Error::bad_request(format!(
                    "Function \"{name}\" takes Edm.String"
                )));
            }
        }
        let evaluate::Node::Constant(pattern) = pattern.node else {
            return Err(unsupported("A pattern that depends on a property is"));
        };
        let node = match pattern.as_str() {
            Some(pattern) => {
                let pattern = Pattern::new(pattern).map_err(|error| error.at(at))?;
                evaluate::Node::Pattern(Box::new(text.node), pattern)
            }
            None => evaluate::Node::Constant(Value::Null),
        };
        Ok(Some(of_type(Primitive::Boolean, node)))
    }
}

impl Set {
    fn contains(&self, character: char) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|(low, high)| (*low..=*high).contains(&character)) != self.negated
    }
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, Error> {
        let node = Reader::new(text).whole()?;
        let mut compiler = Compiler::default();
        compiler.emit(&node)?;
        compiler.push(Instruction::Found)?;
        Ok(Self {
            program: compiler.program,
        })
    }

    /// Whether a part of the text matches.
    pub(super) fn matches(&self, text: &str, fuel: &Fuel) -> Result<bool, Failure> {
        let mut now = Threads::new(self.program.len());
        let mut next = Threads::new(self.program.len());
        let mut before = None;
        let mut rest = text.chars();
        loop {
            let character = rest.clone().next();
            let here = Here { before, character };
            if self.start(0, here, &mut now) {
                return Ok(true);
            }
            fuel.burn(now.places.len() + 1)?;
            let Some(character) = rest.next() else {
                return Ok(false);
            };
            let after = Here {
                before: Some(character),
                character: rest.clone().next(),
            };
            next.clear();
            for place in &now.places {
                if let Some(Instruction::Read(set)) = self.program.get(*place)
                    && set.contains(character)
                    && self.start(place + 1, after, &mut next)
                {
                    return Ok(true);
                }
            }
            std::mem::swap(&mut now, &mut next);
            before = Some(character);
        }
    }

    /// Adds all places that are reached from here without a character;
    /// whether one of them is the end.
    fn start(&self, place: usize, here: Here, threads: &mut Threads) -> bool {
        let mut stack = vec![place];
        while let Some(place) = stack.pop() {
            if !threads.is_new(place) {
                continue;
            }
            match self.program.get(place) {
                None | Some(Instruction::Found) => return true,
                Some(Instruction::Jump(to)) => stack.push(*to),
                Some(Instruction::Split(first, second)) => stack.extend([*first, *second]),
                Some(Instruction::Assert(assertion)) if here.holds(*assertion) => {
                    stack.push(place + 1);
                }
                Some(Instruction::Assert(_)) => {}
                Some(Instruction::Read(_)) => threads.places.push(place),
            }
        }
        false
    }
}

/// The characters around a place in the text.
#[derive(Debug, Clone, Copy)]
struct Here {
    before: Option<char>,
    character: Option<char>,
}

impl Here {
    fn holds(self, assertion: Assertion) -> bool {
        let word = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_');
        let boundary = word(self.before) != word(self.character);
        match assertion {
            Assertion::Start => self.before.is_none(),
            Assertion::End => self.character.is_none(),
            Assertion::WordBoundary => boundary,
            Assertion::NoWordBoundary => !boundary,
        }
    }
}

/// The instructions that wait for the next character.
#[derive(Debug)]
struct Threads {
    places: Vec<usize>,
    seen: Vec<bool>,
}

impl Threads {
    fn new(length: usize) -> Self {
        Self {
            places: Vec::new(),
            seen: vec![false; length],
        }
    }

    fn clear(&mut self) {
        self.places.clear();
        self.seen.fill(false);
    }

    fn is_new(&mut self, place: usize) -> bool {
        let seen = self.seen.get_mut(place);
        !seen.is_some_and(|seen| std::mem::replace(seen, true))
    }
}

#[derive(Debug, Default)]
struct Compiler {
    program: Vec<Instruction>,
    /// Nothing is repeated without end, even if it has no instructions.
    steps: usize,
}

impl Compiler {
    fn emit(&mut self, node: &Node) -> Result<(), Error> {
        self.steps += 1;
        if self.steps > 16 * MAX_INSTRUCTIONS {
            return Err(too_long());
        }
        match node {
            Node::Set(set) => self.push(Instruction::Read(set.clone())),
            Node::Assert(assertion) => self.push(Instruction::Assert(*assertion)),
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.emit(node)),
            Node::Choice(choices) => self.choice(choices),
            Node::Repeat(node, least, most) => self.repeat(node, *least, *most),
        }
    }

    fn choice(&mut self, choices: &[Node]) -> Result<(), Error> {
        let mut ends = Vec::new();
        for (index, choice) in choices.iter().enumerate() {
            if index + 1 == choices.len() {
                self.emit(choice)?;
                break;
            }
            let split = self.program.len();
            self.push(Instruction::Split(split + 1, 0))?;
            self.emit(choice)?;
            ends.push(self.program.len());
            self.push(Instruction::Jump(0))?;
            let next = self.program.len();
            self.set(split, Instruction::Split(split + 1, next));
        }
        let end = self.program.len();
        for jump in ends {
            self.set(jump, Instruction::Jump(end));
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>) -> Result<(), Error> {
        for _ in 0..least {
            self.emit(node)?;
        }
        let Some(most) = most else {
            let split = self.program.len();
            self.push(Instruction::Split(split + 1, 0))?;
            self.emit(node)?;
            self.push(Instruction::Jump(split))?;
            let end = self.program.len();
            self.set(split, Instruction::Split(split + 1, end));
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in least..most {
            splits.push(self.program.len());
            self.push(Instruction::Split(0, 0))?;
            self.emit(node)?;
        }
        let end = self.program.len();
        for split in splits {
            self.set(split, Instruction::Split(split + 1, end));
        }
        Ok(())
    }

    fn push(&mut self, instruction: Instruction) -> Result<(), Error> {
        if self.program.len() >= MAX_INSTRUCTIONS {
            return Err(too_long());
        }
        self.program.push(instruction);
        Ok(())
    }

    fn set(&mut self, place: usize, instruction: Instruction) {
        if let Some(old) = self.program.get_mut(place) {
            *old = instruction;
        }
    }
}

fn too_long() -> Error {
    Error::not_implemented("A pattern as long as this is not supported")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn patterns_match_as_in_ecmascript() {
        for (pattern, text, expected) in [
            ("^A.*e$", "Alfreds Futterkiste", true),
            ("^A.*e$", "Bon app", false),
            ("b", "abc", true),
            ("", "x", true),
            ("^$", "", true),
            ("a|^b+$", "bbb", true),
            ("^(ab|c){2}$", "abc", true),
            ("^(ab|c){2}$", "abcc", false),
            ("^a{2,}$", "aaaa", true),
            ("^a{1,2}$", "aaa", false),
            ("^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false),
            ("^[a-c\\d_-]+$", "a-1_c", true),
            ("^[^a-c]+$", "xyb", false),
            ("\\bcat\\b", "a cat.", true),
            ("\\bcat\\b", "concat", false),
            ("^\\w+\\s\\S+$", "foo Ü!", true),
            ("\\.txt$", "a.txt", true),
            ("\\.txt$", "atxt", false),
            ("^(?:x|y)z?$", "y", true),
            ("ü", "Ümlaut für", true),
            ("\\u0041\\x42", "AB", true),
            ("a.c", "a\nc", false),
            ("[.]", "x", false),
            ("{", "a{", true),
        ] {
            let compiled = Pattern::new(pattern).unwrap();
            let found = compiled.matches(text, &Fuel::full()).unwrap();
            assert_eq!(found, expected, "{pattern} {text}");
        }
    }

    #[test]
    fn broken_patterns_are_told_apart_from_unsupported_ones() {
        for (pattern, kind) in [
            ("(", ErrorKind::BadRequest),
            ("a)", ErrorKind::BadRequest),
            ("[a", ErrorKind::BadRequest),
            ("[b-a]", ErrorKind::BadRequest),
            ("*", ErrorKind::BadRequest),
            ("a**", ErrorKind::BadRequest),
            ("a{2,1}", ErrorKind::BadRequest),
            ("\\", ErrorKind::BadRequest),
            ("(a)\\1", ErrorKind::NotImplemented),
            ("a(?=b)", ErrorKind::NotImplemented),
            ("\\p{L}", ErrorKind::NotImplemented),
            ("a{500}", ErrorKind::NotImplemented),
            ("((((a{9}){9}){9}){9}){9}", ErrorKind::NotImplemented),
            ("(((((){99}){99}){99}){99}){99}", ErrorKind::NotImplemented),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap_err().kind(), kind, "{pattern}");
        }
        assert!(Pattern::new(&"(".repeat(100_000)).is_err());
    }
}
