//! Reads JSON element by element, so that only what the model keeps is allocated.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::refusal::{damaged, over_allowance};
use crate::{
    allowance::Allowance,
    error::{ModelError, Result},
};

/// Calls `act` with every element of a list. `what` names the list in error messages.
pub(crate) fn for_each_element<'a, T: Deserialize<'a>>(
    what: &str,
    list: &'a RawValue,
    act: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let mut error = None;
    let elements = ElementVisitor { act, error: &mut error, element: PhantomData };
    let done = serde_json::Deserializer::from_str(list.get()).deserialize_seq(elements);
    finish(what, done, error)
}

/// Calls `act` with every key and value of a map.
pub(crate) fn for_each_entry<'a, T: Deserialize<'a>>(
    what: &str,
    map: &'a RawValue,
    mut act: impl FnMut(&str, T) -> Result<()>,
) -> Result<()> {
    let mut error = None;
    let act = |(key, value): (String, T)| act(&key, value);
    let entries = ElementVisitor { act, error: &mut error, element: PhantomData };
    let done = serde_json::Deserializer::from_str(map.get()).deserialize_map(EntryVisitor(entries));
    finish(what, done, error)
}

/// Counts the elements of a list.
pub(crate) fn count_elements(what: &str, list: &RawValue) -> Result<usize> {
    let mut count = 0_usize;
    for_each_element(what, list, |_: IgnoredAny| {
        count = count.saturating_add(1);
        Ok(())
    })?;
    Ok(count)
}

/// Charges `more` elements and reserves memory for exactly that many (a vector that grows by doubling briefly holds three times
/// its content).
pub(crate) fn reserve<T>(all: &mut Vec<T>, more: usize, allowance: &Allowance) -> Result<()> {
    allowance.spend(more, size_of::<T>()).ok_or_else(over_allowance)?;
    all.reserve_exact(more);
    Ok(())
}

/// Reads a list of numbers.
pub(crate) fn numbers<'a, T: Deserialize<'a>>(what: &str, list: &'a RawValue, allowance: &Allowance) -> Result<Vec<T>> {
    let mut numbers = Vec::new();
    reserve(&mut numbers, count_elements(what, list)?, allowance)?;
    for_each_element(what, list, |number| {
        numbers.push(number);
        Ok(())
    })?;
    Ok(numbers)
}

/// The error for a part of the file that cannot be parsed.
pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> ModelError {
    // The line and column count from the beginning of the part, which would mislead.
    let error = error.to_string();
    let why = error.rsplit_once(" at line ").map_or(&*error, |(why, _)| why);
    damaged(format_args!("its {what} cannot be read ({why})"))
}

fn finish(what: &str, done: Result<(), serde_json::Error>, error: Option<ModelError>) -> Result<()> {
    match (error, done) {
        (Some(error), _) => Err(error),
        (None, done) => done.map_err(|error| unreadable(what, &error)),
    }
}

struct ElementVisitor<'f, A, T> {
    act: A,
    /// The error returned by `act`.
    error: &'f mut Option<ModelError>,
    element: PhantomData<T>,
}

struct EntryVisitor<'f, A, T>(ElementVisitor<'f, A, T>);

impl<T, A: FnMut(T) -> Result<()>> ElementVisitor<'_, A, T> {
    fn take<E: Error>(&mut self, element: T) -> Result<(), E> {
        (self.act)(element).map_err(|error| {
            *self.error = Some(error);
            E::custom("stopped by the callback")
        })
    }
}

impl<'de, T: Deserialize<'de>, A: FnMut(T) -> Result<()>> Visitor<'de> for ElementVisitor<'_, A, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut list: S) -> Result<(), S::Error> {
        while let Some(element) = list.next_element()? {
            self.take(element)?;
        }
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>, A: FnMut((String, T)) -> Result<()>> Visitor<'de> for EntryVisitor<'_, A, (String, T)> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(entry) = map.next_entry()? {
            self.0.take(entry)?;
        }
        Ok(())
    }
}
