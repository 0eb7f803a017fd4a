//! Names of writers of a log. That of `vigie serve` says when the writer began, so that its first records can be missed.

use vigie_profile::window::Instant;

/// Name of a process that writes a log, unique among those that ever wrote it: `HOST-20261014T093000Z-PID`.
#[must_use]
pub fn writer_name(host: &str, started: Instant, process: u32) -> String {
    let is_safe = |char: &char| char.is_ascii_alphanumeric() || *char == '.';
    let safe: String = host.chars().map(|char| if is_safe(&char) { char } else { '-' }).collect();
    format!("{safe}-{}-{process}", started.compact())
}

/// The time in a name made by [`writer_name`], possibly with a suffix; `None`: the name is of another form.
pub(super) fn started(name: &str) -> Option<Instant> {
    name.split('-').rev().find_map(Instant::parse_compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when_the_writer_began() {
        let at = Instant::parse_compact("20261014T093000Z").unwrap();
        let name = writer_name("api 1.example-b", at, 71);
        assert_eq!(name, "api-1.example-b-20261014T093000Z-71");
        assert_eq!(started(&name), Some(at));
        assert_eq!(started(&format!("{name}-3")), Some(at));
        assert_eq!(started("api-7"), None);
    }
}
