//! Masks passwords in URLs and connection strings before they are printed.

use vigie_mlflow::ModelAddress;

const MASK: &str = "***";

/// Masks the password of a URL (`smtps://user:secret@host`), the user of an http or https URL without a password (a token:
/// `https://secret@host`), and `password=`.
///
/// When in doubt it masks too much: a stray `@` may hide a host name, but never exposes a password.
#[must_use]
pub fn masked(text: &str) -> String {
    // The `@` of a registry's address precedes an alias.
    if ModelAddress::is_address(text) {
        return text.to_owned();
    }
    // The scheme may be missing.
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let shown = |login: &str| match login.split_once(':') {
        // A slash is not one of a user name: everything before the `@` may be the password.
        Some((user, _)) if !(is_web && user.contains('/')) => Some(format!("{user}:{MASK}")),
        _ => is_web.then(|| MASK.to_owned()),
    };
    let mut masked = match rest.rsplit_once('@').and_then(|(login, host)| Some((shown(login)?, host))) {
        Some((login, host)) if scheme.is_empty() => format!("{login}@{host}"),
        Some((login, host)) => format!("{scheme}://{login}@{host}"),
        None => text.to_owned(),
    };
    // `password=` in a query string (`?password=…&`) or a connection string (`host=… password=…`).
    let mut from = 0;
    while let Some(start) = find_password(&masked, from) {
        let length = masked.get(start..).map_or(0, |rest| rest.find(['&', ' ']).unwrap_or(rest.len()));
        masked.replace_range(start..start + length, MASK);
        from = start + MASK.len();
    }
    masked
}

/// Position after the next `password=`.
fn find_password(text: &str, from: usize) -> Option<usize> {
    const KEY: &str = "password=";
    let position = text.get(from..)?.to_ascii_lowercase().find(KEY)?;
    Some(from + position + KEY.len())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_are_masked_and_the_rest_stays() {
        assert_eq!(masked("smtps://user:secret@host:465"), "smtps://user:***@host:465");
        assert_eq!(masked("postgres://u:p@ss/w@db/log?sslmode=require"), "postgres://u:***@db/log?sslmode=require");
        assert_eq!(masked("postgres://db/log?Password=secret&user=u"), "postgres://db/log?Password=***&user=u");
        assert_eq!(masked("host=db password=secret user=u"), "host=db password=*** user=u");
        assert_eq!(masked("smtps://host:465"), "smtps://host:465");
        assert_eq!(masked("user:secret@mail.example.com:465"), "user:***@mail.example.com:465");
        assert_eq!(masked("ops@example.com"), "ops@example.com");
        assert_eq!(masked("https://user:1234/ss@host/p"), "https://user:***@host/p");
        assert_eq!(masked("https://tok/en@host"), "https://***@host");
        assert_eq!(masked("https://to/k:en@host"), "https://***@host");
        assert_eq!(masked("HTTP://token@host:5000"), "HTTP://***@host:5000");
        assert_eq!(masked("postgres://reader@db/log"), "postgres://reader@db/log");
        assert_eq!(masked("models:/credit:v2@champion"), "models:/credit:v2@champion");
    }
}
