//! The version of a server, and what servers of that version can do.

use std::fmt;

/// The version that a server states, such as `3.17.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// 3 of `3.17.2`.
    pub major: u32,
    /// 17 of `3.17.2`.
    pub minor: u32,
    text: String,
}

impl ServerVersion {
    /// Parses the reply of `/version`; `None` if it is something else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_version =
            text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte));
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        is_version.then(|| Self { major, minor, text: text.to_owned() })
    }

    /// Models have their own ids and pages, and metrics can be logged for a model (MLflow 3).
    #[must_use]
    pub fn has_logged_models(&self) -> bool {
        self.major >= 3
    }

    /// Versions can have aliases (MLflow 2.3).
    #[must_use]
    pub fn has_aliases(&self) -> bool {
        (self.major, self.minor) >= (2, 3)
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_parsed_and_pages_are_not() {
        let version = ServerVersion::parse("3.17.2\n").unwrap();
        assert!(version.has_logged_models() && version.has_aliases());
        assert_eq!(version.to_string(), "3.17.2");
        let version = ServerVersion::parse("2.22.5.dev0").unwrap();
        assert!(!version.has_logged_models() && version.has_aliases());
        assert!(!ServerVersion::parse("2.2.0").unwrap().has_aliases());
        for text in ["", "<html>", "3", "3.x", "1.2 <b>"] {
            assert_eq!(ServerVersion::parse(text), None, "{text}");
        }
    }
}
