//! Names of metrics, parameters and tags that every server accepts.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::sink::hexadecimal;

/// Longest key, in characters.
const MAX_KEY: usize = 250;

/// Digits of the hash that distinguishes changed keys.
const HASH_DIGITS: usize = 6;

/// Turns any text into a key of a metric, parameter or tag. A text that MLflow accepts stays as it is. In others, each
/// character that is not a letter, digit, space or one of `_-./:` becomes `_`, and a hash of the text is appended. Two texts can
/// only get the same key if one of them is the key of the other: see [`distinct_keys`].
#[must_use]
pub fn safe_key(text: &str) -> String {
    if is_key(text) {
        return text.to_owned();
    }
    let mut key: String = text.chars().map(|c| if is_key_char(c) { c } else { '_' }).collect();
    let parts: Vec<&str> =
        key.split('/').map(|part| if matches!(part, "" | "." | "..") { "_" } else { part }).collect();
    key = parts.join("/");
    if key.starts_with("..") {
        key.replace_range(..2, "__");
    }
    let hash = hexadecimal(&Sha256::digest(text.as_bytes()));
    let hash: String = hash.chars().take(HASH_DIGITS).collect();
    let kept: String = key.chars().take(MAX_KEY - HASH_DIGITS - 1).collect();
    format!("{kept}_{hash}")
}

/// The keys of all texts of one run, by [`safe_key`]. Each is another one: a text that MLflow accepts keeps itself, and if another
/// text gets the same key, that one has further digits. The same texts always get the same keys.
#[must_use]
pub fn distinct_keys<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    let (accepted, others): (BTreeSet<&str>, BTreeSet<&str>) = texts.into_iter().partition(|text| is_key(text));
    let mut taken: BTreeSet<String> = accepted.iter().map(|text| (*text).to_owned()).collect();
    let mut keys: BTreeMap<String, String> =
        accepted.iter().map(|text| ((*text).to_owned(), (*text).to_owned())).collect();
    for text in others {
        let mut key = safe_key(text);
        while !taken.insert(key.clone()) {
            // One more change makes it another text, which MLflow does not accept, either.
            key = safe_key(&format!("{key}("));
        }
        keys.insert(text.to_owned(), key);
    }
    keys
}

/// Whether MLflow accepts the key. Outside ASCII, only letters of Latin scripts are known to be accepted.
pub(super) fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= MAX_KEY
        && text.chars().all(is_key_char)
        && !text.starts_with("..")
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _-./:".contains(c) || ('\u{c0}'..='\u{24f}').contains(&c) && c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepted_keys_stay_and_others_are_distinct() {
        for key in ["psi/EXT_SOURCE_3", "a b:c-d.e", "crédit/é", ".hidden"] {
            assert_eq!(safe_key(key), key);
        }
        let texts = ["a(b)", "a[b]", "a=b", "a\\b", "", "a//b", "/a", "../a", "a/./b", "..a", "a/", "%", "日本", "._"];
        let keys: BTreeSet<String> = texts.iter().map(|text| safe_key(text)).collect();
        assert_eq!(keys.len(), texts.len());
        assert!(safe_key("a(b)").starts_with("a_b__"));
        assert_eq!(safe_key(&"x".repeat(300)).len(), 250);
    }

    #[test]
    fn keys_of_one_run_are_distinct() {
        let (other, long) = (safe_key("a(b)"), "x".repeat(300));
        let again = safe_key(&format!("{other}("));
        let texts = ["a(b)", &other, &again, "plain", &long, &safe_key(&long)];
        let keys = distinct_keys(texts);
        assert_eq!(keys.len(), texts.len());
        assert_eq!(keys.values().collect::<BTreeSet<_>>().len(), texts.len(), "{keys:?}");
        assert!(keys.values().all(|key| is_key(key)));
        assert!([&other, &again].iter().all(|text| keys[*text] == **text) && keys["a(b)"] != other);
        let mut backwards = texts;
        backwards.reverse();
        assert_eq!(distinct_keys(backwards), keys);
        assert_eq!(distinct_keys(["a(b)"])["a(b)"], other);
    }

    proptest! {
        #[test]
        fn every_text_becomes_a_key(text in ".{0,300}") {
            let key = safe_key(&text);
            prop_assert!(is_key(&key), "{key}");
            prop_assert_eq!(safe_key(&key), key.clone());
        }
    }
}
