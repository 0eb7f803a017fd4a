//! Passwords inside addresses, hidden before anything is printed.

/// What stands in a secret's place.
const MASK: &str = "***";

/// The text with the password of a URL (`smtps://user:secret@host`) and of a `password=` hidden.
///
/// When in doubt it hides too much: a stray `@` may cost a host name, never show a password.
#[must_use]
pub fn masked(text: &str) -> String {
    // The scheme may have been forgotten.
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let mut masked = match rest.rsplit_once('@').and_then(|(login, host)| Some((login.split_once(':')?.0, host))) {
        Some((user, host)) if scheme.is_empty() => format!("{user}:{MASK}@{host}"),
        Some((user, host)) => format!("{scheme}://{user}:{MASK}@{host}"),
        None => text.to_owned(),
    };
    // `password=` of a query (`?password=…&`) or of a database's `host=… password=…`.
    let mut from = 0;
    while let Some(start) = find_password(&masked, from) {
        let length = masked.get(start..).map_or(0, |rest| rest.find(['&', ' ']).unwrap_or(rest.len()));
        masked.replace_range(start..start + length, MASK);
        from = start + MASK.len();
    }
    masked
}

/// Where the next password begins, after its `=`.
fn find_password(text: &str, from: usize) -> Option<usize> {
    const KEY: &str = "password=";
    let place = text.get(from..)?.to_ascii_lowercase().find(KEY)?;
    Some(from + place + KEY.len())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_are_hidden_and_the_rest_stays() {
        assert_eq!(masked("smtps://user:secret@host:465"), "smtps://user:***@host:465");
        assert_eq!(masked("postgres://u:p@ss/w@db/log?sslmode=require"), "postgres://u:***@db/log?sslmode=require");
        assert_eq!(masked("postgres://db/log?Password=secret&user=u"), "postgres://db/log?Password=***&user=u");
        assert_eq!(masked("host=db password=secret user=u"), "host=db password=*** user=u");
        assert_eq!(masked("smtps://host:465"), "smtps://host:465");
        assert_eq!(masked("user:secret@mail.example.com:465"), "user:***@mail.example.com:465");
        assert_eq!(masked("ops@example.com"), "ops@example.com");
    }
}
