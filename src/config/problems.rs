//! What is wrong with a config: every problem with its line, its key, a sentence and a hint.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::fault::Fault;

/// A place in the config file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// Where in the line.
    pub column: Option<usize>,
    /// The dotted key, `source.fields.latency`; empty when it is about the whole file.
    pub key: String,
    /// What is wrong.
    pub sentence: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of `key`, without a place or a hint.
    pub fn new(key: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { line: None, column: None, key: key.into(), sentence: sentence.into(), hint: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With where it stands.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        let place = place.into();
        self.line = place.map(|place| place.line);
        self.column = place.map(|place| place.column);
        self
    }
}

/// The sentence, and the hint after a dash.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        match &self.hint {
            Some(hint) => write!(f, " — {hint}"),
            None => Ok(()),
        }
    }
}

/// All that is wrong with one config file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The config file, as it was named.
    pub path: PathBuf,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl Problems {
    /// In the order of their lines; those of the whole file come last.
    #[must_use]
    pub fn new(path: &Path, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line.is_none(), problem.line, problem.column));
        Self { path: path.to_owned(), problems }
    }

    /// One message for a command that cannot go on. With several problems its first line says how many.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self.problems.len() {
            1 => Fault::setup(self.to_string()),
            n => Fault::setup(format!("{} has {n} problems:\n{self}", self.path.display())),
        }
    }
}

/// A line each: `config/vigie.yaml:14: …`.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match problem.line {
                Some(line) => write!(f, "{path}:{line}: {problem}")?,
                None => write!(f, "{path}: {problem}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
