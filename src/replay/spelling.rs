//! Restores the spelling of levels that the model was trained with. Logs are read in one canonical spelling.

use std::borrow::Cow;

use vigie_models::Forest;

/// Returns the model's spelling of a level in canonical spelling, or the level itself if the model does not know it.
///
/// `1` may have been `1.0` (pandas writes this for a column with missing values), `True` or `true`.
pub(super) fn trained_spelling<'l>(forest: &Forest, feature: usize, level: &'l str) -> Cow<'l, str> {
    let is_whole = level.strip_prefix('-').unwrap_or(level).bytes().all(|byte| byte.is_ascii_digit());
    if !is_whole || level.is_empty() || forest.knows_level(feature, level) {
        return Cow::Borrowed(level);
    }
    let truth: &[&str] = match level {
        "1" => &["True", "true", "TRUE"],
        "0" => &["False", "false", "FALSE"],
        _ => &[],
    };
    let fraction = format!("{level}.0");
    if forest.knows_level(feature, &fraction) {
        return Cow::Owned(fraction);
    }
    let known = truth.iter().find(|spelling| forest.knows_level(feature, spelling));
    known.map_or(Cow::Borrowed(level), |spelling| Cow::Owned((*spelling).to_owned()))
}
