//! Checks that a log holds what a model reads. A window that lacks a feature, or has text where the model expects numbers,
//! cannot be replayed.

use arrow_array::{DictionaryArray, StringArray, cast::AsArray, types::Int32Type};
use vigie_models::InputKind;
use vigie_profile::{
    batch::{Number, number},
    layout::{Column, Kind, LevelSpelling},
    profile::Counts,
    shown::shown,
};

use super::context::{RunContext, WindowData};
use crate::{
    engine::{self, RowQuery},
    fault::{Fault, Result},
    replay::Rescorer,
};

/// Fails if it does not. `read`: for each column that only the model reads, whether any record has it.
pub(crate) fn check_inputs(run: &RunContext<'_>, model: &Rescorer, data: &WindowData, read: &[bool]) -> Result<()> {
    let rows = data.counted.profile.rows();
    if rows == 0 {
        return Ok(());
    }
    let own = run.reference.layout().features().len();
    let mut suspects: Vec<Column> = Vec::new();
    for (feature, place) in model.model().features().iter().zip(model.columns()) {
        let Some(place) = place.filter(|_| feature.used) else { continue };
        let is_absent = match place.checked_sub(own) {
            Some(more) => read.get(more) == Some(&false),
            None => data.counted.absent.get(place) == Some(&true),
        };
        if is_absent {
            return Err(Fault::setup(format!(
                "source.fields.features: no record from {} to {} has `{}`, which the model reads; map it, or replay days \
                 that have it",
                data.window.from,
                data.window.to,
                shown(&feature.name)
            )));
        }
        let without_number = match data.counted.profile.features().get(place) {
            Some(Counts::Numeric(counts)) => counts.present() == 0,
            _ => false,
        };
        if feature.kind == InputKind::Numeric && without_number {
            suspects.push(Column {
                name: feature.name.clone(),
                kind: Kind::Categorical,
                spelling: LevelSpelling::Canonical,
            });
        }
    }
    match find_text(run, data, &suspects)? {
        Some((name, text)) => Err(Fault::setup(format!(
            "source.fields.features: from {} to {}, `{}` holds text such as `{}`, but the model expects a number",
            data.window.from,
            data.window.to,
            shown(&name),
            shown(&text)
        ))),
        None => Ok(()),
    }
}

/// Reads columns without any number again, as text, and returns the first text found.
fn find_text(run: &RunContext<'_>, data: &WindowData, columns: &[Column]) -> Result<Option<(String, String)>> {
    if columns.is_empty() {
        return Ok(None);
    }
    let own = run.reference.layout().features().len();
    let query = RowQuery { extra_columns: columns, ..RowQuery::default() };
    let none = || None::<(usize, String)>;
    let scanned = engine::scan(&run.job(data.window), &data.counted, query, &none, &|found, keyed| {
        for (place, column) in keyed.rows.features.iter().skip(own).enumerate() {
            let levels = column.as_ref().and_then(|column| column.as_dictionary_opt::<Int32Type>());
            let texts = levels.and_then(DictionaryArray::downcast_dict::<StringArray>);
            for text in texts.into_iter().flatten().flatten().filter(|text| number(text) == Number::Invalid) {
                let least = found.as_ref().is_none_or(|known| (place, text) < (known.0, known.1.as_str()));
                if least {
                    *found = Some((place, text.to_owned()));
                }
            }
        }
    })?;
    let least = scanned.tallies.into_iter().flatten().min();
    Ok(least.and_then(|(place, text)| Some((columns.get(place)?.name.clone(), text))))
}
