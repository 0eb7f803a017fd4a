//! The HTML part: 600 px wide, light and dark, images referenced by Content-ID.

use askama::Template;

use super::content::MailContent;

#[derive(Template)]
#[template(path = "mail.html", config = "src/alert/askama.toml")]
struct HtmlMail<'a> {
    mail: &'a MailContent,
    subject: &'a str,
    /// The part of a Content-ID after the image number.
    cid: &'a str,
}

/// Renders the content as HTML. Names and sentences are escaped.
pub(super) fn html(mail: &MailContent, subject: &str, cid: &str) -> Result<String, askama::Error> {
    HtmlMail { mail, subject, cid }.render()
}
