//! The HTML part: 600 px, light and dark, pictures by Content-ID.

use askama::Template;

use super::story::Story;

#[derive(Template)]
#[template(path = "mail.html", config = "src/alert/askama.toml")]
struct Mail<'a> {
    story: &'a Story,
    subject: &'a str,
    /// What stands after the picture's number in its Content-ID.
    cid: &'a str,
}

/// The story as HTML. Names and sentences are escaped.
pub(super) fn html(story: &Story, subject: &str, cid: &str) -> Result<String, askama::Error> {
    Mail { story, subject, cid }.render()
}
