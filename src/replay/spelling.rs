//! The spelling of a level that a model was trained with.

use std::borrow::Cow;

use vigie_models::Model;
use vigie_profile::batch::{MISSING_WORDS, level, word};

/// Returns whether another text may stand for the same value.
pub(super) fn has_other_spellings(text: &str) -> bool {
    let has_blanks = text.trim().len() < text.len();
    has_blanks || level(text).is_none_or(|canonical| canonical != text || is_whole(&canonical))
}

/// The model's spelling of a level; `None`: a missing value, which the model spells in its own way.
///
/// The spelling is the level as written if the model knows it so, or if it knows no other spelling. `1` may have been
/// `1.0` (pandas writes this for a column with missing values), `True` or `true`, and ` a` may have been `a`.
/// `is_configured`: the config states what the application passes for a missing value.
pub fn trained_spelling<'l>(model: &Model, feature: usize, text: &'l str, is_configured: bool) -> Option<Cow<'l, str>> {
    let is_known = |text: &str| model.knows_level(feature, text);
    if is_known(text) {
        return Some(Cow::Borrowed(text));
    }
    let Some(canonical) = word(text) else {
        let has_missing_level = is_configured || is_known(model.missing_level(feature));
        return if has_missing_level { None } else { Some(Cow::Borrowed(text)) };
    };
    let mut others = std::iter::once(Cow::Borrowed(&*canonical)).chain(other_spellings(&canonical));
    let other = others.find(|other| is_known(other));
    Some(other.map_or(Cow::Borrowed(text), |other| Cow::Owned(other.into_owned())))
}

/// The other spellings of a canonical level that the official libraries and logs use.
fn other_spellings(canonical: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let truth: &[&str] = match canonical {
        "1" => &["True", "true", "TRUE"],
        "0" => &["False", "false", "FALSE"],
        _ => &[],
    };
    let fraction = is_whole(canonical).then(|| Cow::Owned(format!("{canonical}.0")));
    fraction.into_iter().chain(truth.iter().map(|text| Cow::Borrowed(*text)))
}

/// Whether the canonical spelling of a level loses what the model reads, because it knows several spellings of the level.
pub(super) fn distinguishes_spellings(model: &Model, feature: usize, canonical: &str) -> bool {
    let mut known = std::iter::once(Cow::Borrowed(canonical))
        .chain(other_spellings(canonical))
        .filter(|spelling| model.knows_level(feature, spelling));
    let first = known.next();
    first.is_some_and(|first| known.any(|other| model.distinguishes_levels(feature, &first, &other)))
}

/// Whether the model knows one of the texts that readers take for a missing value as a level, other than the word that stands
/// for a missing value.
pub(super) fn knows_missing_word(model: &Model, feature: usize, fill: Option<&str>) -> bool {
    MISSING_WORDS.iter().any(|word| Some(*word) != fill && model.knows_level(feature, word))
}

/// Whether a level in canonical spelling is an integer.
fn is_whole(level: &str) -> bool {
    let digits = level.strip_prefix('-').unwrap_or(level);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
