//! Problems of a config, each with its line, key, message and hint.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::fault::Fault;

/// Location in the config file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    pub line: usize,
    /// In characters.
    pub column: usize,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `None` if the problem concerns the whole file.
    pub line: Option<usize>,
    /// Position in the line.
    pub column: Option<usize>,
    /// The dotted key, such as `source.fields.latency`; empty if the problem concerns the whole file.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl Problem {
    /// Creates a problem without a location or hint.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { line: None, column: None, key: key.into(), message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a location.
    #[must_use]
    pub fn at(mut self, location: impl Into<Option<Location>>) -> Self {
        let location = location.into();
        self.line = location.map(|location| location.line);
        self.column = location.map(|location| location.column);
        self
    }
}

/// The message, and the hint after a dash.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " — {hint}"),
            None => Ok(()),
        }
    }
}

/// All problems of one config file, in line order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The config file, as given by the user.
    pub path: PathBuf,
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl Problems {
    /// Sorts the problems by line; those of the whole file come last.
    #[must_use]
    pub fn new(path: &Path, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line.is_none(), problem.line, problem.column));
        Self { path: path.to_owned(), problems }
    }

    /// Converts to a single error. With several problems, the first line is their number.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self.problems.len() {
            1 => Fault::setup(self.to_string()),
            n => Fault::setup(format!("{} has {n} problems:\n{self}", self.path.display())),
        }
    }
}

/// One line per problem: `config/vigie.yaml:14: …`.
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
