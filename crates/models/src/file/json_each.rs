//! JSON taken element by element, so that nothing is built which a model does not keep.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::refusal::damaged;
use crate::error::{ModelError, Result};

/// Hands every element of a list to `act`; `what` is the list's name for the operator.
pub(crate) fn each<'a, T: Deserialize<'a>>(
    what: &str,
    list: &'a RawValue,
    act: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let mut fault = None;
    let elements = Elements { act, fault: &mut fault, element: PhantomData };
    let done = serde_json::Deserializer::from_str(list.get()).deserialize_seq(elements);
    ended(what, done, fault)
}

/// Hands every key of a map, with its value, to `act`.
pub(crate) fn entries<'a, T: Deserialize<'a>>(
    what: &str,
    map: &'a RawValue,
    mut act: impl FnMut(&str, T) -> Result<()>,
) -> Result<()> {
    let mut fault = None;
    let act = |(key, value): (String, T)| act(&key, value);
    let entries = Elements { act, fault: &mut fault, element: PhantomData };
    let done = serde_json::Deserializer::from_str(map.get()).deserialize_map(Entries(entries));
    ended(what, done, fault)
}

/// How many elements a list has.
pub(crate) fn count(what: &str, list: &RawValue) -> Result<usize> {
    let mut count = 0_usize;
    each(what, list, |_: IgnoredAny| {
        count = count.saturating_add(1);
        Ok(())
    })?;
    Ok(count)
}

/// Why a part of the file cannot be read.
pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> ModelError {
    // Lines and columns count from the part's own beginning: they would lead astray.
    let error = error.to_string();
    let why = error.rsplit_once(" at line ").map_or(&*error, |(why, _)| why);
    damaged(format_args!("its {what} cannot be read ({why})"))
}

fn ended(what: &str, done: Result<(), serde_json::Error>, fault: Option<ModelError>) -> Result<()> {
    match (fault, done) {
        (Some(fault), _) => Err(fault),
        (None, done) => done.map_err(|error| unreadable(what, &error)),
    }
}

struct Elements<'f, A, T> {
    act: A,
    /// Why `act` went no further.
    fault: &'f mut Option<ModelError>,
    element: PhantomData<T>,
}

struct Entries<'f, A, T>(Elements<'f, A, T>);

impl<T, A: FnMut(T) -> Result<()>> Elements<'_, A, T> {
    fn take<E: Error>(&mut self, element: T) -> Result<(), E> {
        (self.act)(element).map_err(|fault| {
            *self.fault = Some(fault);
            E::custom("no further")
        })
    }
}

impl<'de, T: Deserialize<'de>, A: FnMut(T) -> Result<()>> Visitor<'de> for Elements<'_, A, T> {
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

impl<'de, T: Deserialize<'de>, A: FnMut((String, T)) -> Result<()>> Visitor<'de> for Entries<'_, A, (String, T)> {
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
