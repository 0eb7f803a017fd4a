//! Whether a log holds what a model reads: a feature that is not there, or text where a number belongs, is no day that
//! can be replayed.

use arrow_array::{DictionaryArray, StringArray, cast::AsArray, types::Int32Type};
use vigie_models::InputKind;
use vigie_profile::{
    batch::{Number, number},
    layout::{Column, Kind},
    profile::Counts,
    shown::shown,
};

use super::lookout::{Lookout, Seen};
use crate::{
    engine::{self, Wanted},
    fault::{Fault, Result},
    replay::Rescorer,
};

/// A fault in one sentence if it does not. `read`: of the columns that only the model reads, whether a record has them.
pub(crate) fn needed(lookout: &Lookout<'_>, model: &Rescorer, seen: &Seen, read: &[bool]) -> Result<()> {
    let rows = seen.counted.profile.rows();
    if rows == 0 {
        return Ok(());
    }
    let own = lookout.reference.layout().features().len();
    let mut doubtful: Vec<Column> = Vec::new();
    for (feature, place) in model.forest().features().iter().zip(model.columns()) {
        let Some(place) = place.filter(|_| feature.used) else { continue };
        let lacks = match place.checked_sub(own) {
            Some(more) => read.get(more) == Some(&false),
            None => seen.counted.absent.get(place) == Some(&true),
        };
        if lacks {
            return Err(Fault::setup(format!(
                "source.fields.features: no record from {} to {} has `{}`, which the model reads; map it, or replay days \
                 that have it",
                seen.window.from,
                seen.window.to,
                shown(&feature.name)
            )));
        }
        let without_number = match seen.counted.profile.features().get(place) {
            Some(Counts::Numeric(counts)) => counts.present() == 0,
            _ => false,
        };
        if feature.kind == InputKind::Numeric && without_number {
            doubtful.push(Column { name: feature.name.clone(), kind: Kind::Categorical });
        }
    }
    match text_in(lookout, seen, &doubtful)? {
        Some((name, text)) => Err(Fault::setup(format!(
            "source.fields.features: from {} to {} `{}` holds text, such as `{}`, where the model wants a number",
            seen.window.from,
            seen.window.to,
            shown(&name),
            shown(&text)
        ))),
        None => Ok(()),
    }
}

/// Columns without any number are read once more, as texts.
fn text_in(lookout: &Lookout<'_>, seen: &Seen, columns: &[Column]) -> Result<Option<(String, String)>> {
    if columns.is_empty() {
        return Ok(None);
    }
    let own = lookout.reference.layout().features().len();
    let wanted = Wanted { more: columns, ..Wanted::default() };
    let none = || None::<(usize, String)>;
    let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &none, &|found, answered| {
        for (place, column) in answered.rows.features.iter().skip(own).enumerate() {
            let levels = column.as_ref().and_then(|column| column.as_dictionary_opt::<Int32Type>());
            let texts = levels.and_then(DictionaryArray::downcast_dict::<StringArray>);
            for text in texts.into_iter().flatten().flatten().filter(|text| number(text) == Number::Not) {
                let least = found.as_ref().is_none_or(|known| (place, text) < (known.0, known.1.as_str()));
                if least {
                    *found = Some((place, text.to_owned()));
                }
            }
        }
    })?;
    let least = looked.tallies.into_iter().flatten().min();
    Ok(least.and_then(|(place, text)| Some((columns.get(place)?.name.clone(), text))))
}
