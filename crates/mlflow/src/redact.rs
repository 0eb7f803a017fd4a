//! Removal of secrets from what servers say, before it is cut to a length that is shown.

/// As many characters of a secret are recognised on their own, because a server may cut what it repeats.
const MIN_PART: usize = 8;

/// Shorter secrets are not searched for: they would be found in any text.
const MIN_SECRET: usize = 4;

/// What must not appear in an error, also if a server repeats it.
#[derive(Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.chars().count() >= MIN_SECRET).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// A server's text with every secret, and every beginning of one, replaced. `is_cut`: whether the text may end in the middle
    /// of one.
    pub(crate) fn removed(&self, text: &str, is_cut: bool) -> String {
        let mut clean = String::with_capacity(text.len());
        // Half a character at the end is not one of a secret.
        let mut rest = if is_cut { text.trim_end_matches(char::REPLACEMENT_CHARACTER) } else { text };
        while let Some(first) = rest.chars().next() {
            let found = self.iter().filter_map(|secret| {
                let common: Vec<char> =
                    secret.chars().zip(rest.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
                let length = common.iter().map(|c| c.len_utf8()).sum();
                let is_at_end = is_cut && length == rest.len();
                let is_found = length == secret.len() || common.len() >= MIN_PART || is_at_end;
                (length > 0 && is_found).then_some(length)
            });
            let length = found.max();
            if length.is_some() {
                clean.push_str("***");
            } else {
                clean.push(first);
            }
            rest = rest.get(length.unwrap_or(first.len_utf8())..).unwrap_or_default();
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_and_their_beginnings_are_removed() {
        let secrets = Secrets::new(vec!["hunter2-secret".to_owned(), "pässword".to_owned(), "abc".to_owned()]);
        for (text, is_cut, expected) in [
            ("got hunter2-secret.", false, "got ***."),
            ("hunter2-secrethunter2-secret", false, "******"),
            // Cut by the server, with and without a mark.
            ("got hunter2-… and more", false, "got ***… and more"),
            ("hunter", false, "hunter"),
            // Cut by the limit of what is read.
            ("got hun", true, "got ***"),
            ("got pä", true, "got ***"),
            ("hunt is over", true, "hunt is over"),
            ("abc", false, "abc"),
            ("", true, ""),
        ] {
            assert_eq!(secrets.removed(text, is_cut), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_secret_is_left_wherever_a_text_is_cut(
            before in "[a-z \u{e9}]{0,20}", secret in "[A-Z0-9+/=]{4,40}", after in "[a-z]{0,5}", end in 0_usize..70
        ) {
            let secrets = Secrets::new(vec![secret.clone()]);
            let text: String = format!("{before}{secret}{after}").chars().take(end).collect();
            let shown = secrets.removed(&text, true);
            prop_assert!(!shown.chars().any(|c| secret.contains(c)), "{shown}");
        }
    }
}
