//! The lines of a model file: `key=value`, with arrays separated by blanks.

use std::str::{FromStr, Split};

use super::refusal::{damaged, over_allowance};
use crate::{
    allowance::Allowance,
    error::{ModelError, Result},
};

/// The keys and values of one block of lines: the header, or a tree.
#[derive(Debug)]
pub(crate) struct TextBlock<'a> {
    /// For messages: `tree 7`.
    name: String,
    lines: Vec<(&'a str, &'a str)>,
}

impl<'a> TextBlock<'a> {
    /// Maximum number of lines of a block. LightGBM writes up to 22.
    const MOST: usize = 64;

    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), lines: Vec::new() }
    }

    /// Removes all lines.
    pub(crate) fn restart(&mut self, name: String) {
        self.name = name;
        self.lines.clear();
    }

    /// Adds a line; a line without `=` is a key without a value.
    pub(crate) fn add(&mut self, line: &'a str) -> Result<()> {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if self.find(key).is_some() {
            return Err(self.damaged(format_args!("two lines `{}`", excerpt(key))));
        }
        if self.lines.len() >= Self::MOST {
            return Err(self.damaged(format_args!("more than {} lines", Self::MOST)));
        }
        self.lines.push((key, value));
        Ok(())
    }

    pub(crate) fn find(&self, key: &str) -> Option<&'a str> {
        self.lines.iter().find(|(own, _)| *own == key).map(|(_, value)| *value)
    }

    /// The value of a line that must be there.
    pub(crate) fn value(&self, key: &str) -> Result<&'a str> {
        self.find(key).ok_or_else(|| self.damaged(format_args!("no line `{key}`")))
    }

    /// The value of a line, as a number.
    pub(crate) fn number<T: FromStr>(&self, key: &str) -> Result<T> {
        self.parsed(key, self.value(key)?)
    }

    /// An array, which must have `count` elements.
    pub(crate) fn array(&self, key: &'static str, count: usize) -> Result<TextArray<'_, 'a>> {
        let text = self.value(key)?;
        let found = tokens(text).count();
        if found != count {
            return Err(self.damaged(format_args!("{found} values in its line `{key}`, instead of {count}")));
        }
        Ok(TextArray { block: self, key, rest: text.split(' ') })
    }

    /// Like [`TextBlock::array`]; `None` if the line is missing or empty.
    pub(crate) fn optional(&self, key: &'static str, count: usize) -> Result<Option<TextArray<'_, 'a>>> {
        let is_present = self.find(key).is_some_and(|text| tokens(text).next().is_some());
        is_present.then(|| self.array(key, count)).transpose()
    }

    /// The error for a damaged block. `has`: what it has.
    pub(crate) fn damaged(&self, has: impl std::fmt::Display) -> ModelError {
        damaged(format_args!("{} has {has}", self.name))
    }

    fn parsed<T: FromStr>(&self, key: &str, text: &str) -> Result<T> {
        text.parse().map_err(|_| self.damaged(format_args!("`{}` in its line `{key}`", excerpt(text))))
    }
}

/// An array, which is read element by element.
#[derive(Debug, Clone)]
pub(crate) struct TextArray<'b, 'a> {
    block: &'b TextBlock<'a>,
    key: &'static str,
    rest: Split<'a, char>,
}

impl TextArray<'_, '_> {
    /// Reads the next element. An `f64` is rounded correctly, as in LightGBM.
    pub(crate) fn read<T: FromStr>(&mut self) -> Result<T> {
        let token = self.rest.find(|token| !token.is_empty());
        self.block.parsed(self.key, token.unwrap_or_default())
    }

    /// Reads `count` elements.
    pub(crate) fn read_all<T: FromStr>(&mut self, count: usize, allowance: &Allowance) -> Result<Vec<T>> {
        let mut all = reserved(count, allowance)?;
        for _ in 0..count {
            all.push(self.read()?);
        }
        Ok(all)
    }
}

/// The elements of a list. LightGBM leaves doubled blanks between some.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|token| !token.is_empty())
}

/// A vector with capacity for `count` elements, charged to the allowance.
pub(crate) fn reserved<T>(count: usize, allowance: &Allowance) -> Result<Vec<T>> {
    allowance.spend(count, size_of::<T>()).ok_or_else(over_allowance)?;
    Ok(Vec::with_capacity(count))
}

/// The first characters of a text from a file, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { start + "…" } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(lines: &[&'static str]) -> Result<TextBlock<'static>> {
        let mut block = TextBlock::new("tree 7");
        lines.iter().try_for_each(|line| block.add(line)).map(|()| block)
    }

    #[test]
    fn lines_are_keys_and_values() {
        let block = block(&["tree", "a=1", "b=c=d", "e="]).unwrap();
        let found = ["tree", "a", "b", "e", "f"].map(|key| block.find(key));
        assert_eq!(found, [Some(""), Some("1"), Some("c=d"), Some(""), None]);
        assert_eq!(block.number::<u8>("a").unwrap(), 1);
        assert!(block.number::<u8>("f").unwrap_err().to_string().contains("tree 7 has no line `f`"));
    }

    #[test]
    fn keys_occur_once_and_blocks_are_short() {
        let error = block(&["a=1", "a=2"]).unwrap_err().to_string();
        assert!(error.contains("tree 7 has two lines `a`"), "{error}");
        let mut block = TextBlock::new("tree 7");
        let lines: Vec<String> = (0..65).map(|line| line.to_string()).collect();
        let done = lines.iter().try_for_each(|line| block.add(line));
        assert!(done.unwrap_err().to_string().contains("tree 7 has more than 64 lines"));
    }

    #[test]
    fn arrays_have_the_announced_number_of_elements() {
        let block = block(&["a= 1  -2 ", "b=1 x", "c= "]).unwrap();
        let allowance = Allowance::for_file(&[]);
        let numbers = |key, count| -> Result<Vec<i32>> { block.array(key, count)?.read_all(count, &allowance) };
        let refusal = |key, count| numbers(key, count).unwrap_err().to_string();
        assert_eq!(numbers("a", 2).unwrap(), [1, -2]);
        assert!(refusal("a", 3).contains("tree 7 has 2 values in its line `a`, instead of 3"));
        assert!(refusal("b", 2).contains("tree 7 has `x` in its line `b`"));
        assert!(refusal("d", 2).contains("tree 7 has no line `d`"));
        let is_present = |key, count| block.optional(key, count).map(|array| array.is_some());
        assert_eq!(
            [("c", 5), ("d", 5), ("a", 2)].map(|(key, count)| is_present(key, count).unwrap()),
            [false, false, true]
        );
        assert!(is_present("a", 5).is_err());
    }

    #[test]
    fn excerpts_are_short() {
        assert_eq!(excerpt("abc"), "abc");
        assert_eq!(excerpt(&"é".repeat(100)), "é".repeat(40) + "…");
    }
}
