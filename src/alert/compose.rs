//! From what happened to a letter people can act on.

use super::{Email, Letter, Telling};
use crate::{fault::Outcome, report::Report, window::Instant};

/// The mail of one run: text and HTML, small pictures of the worst five, the report attached below 5 MB.
///
/// `base_url` is `reports.base_url`, where people find the reports folder; `now` becomes the `Date`. The same arguments make
/// the same bytes. Fails only on addresses that the config's check refuses.
pub fn compose(
    email: &Email,
    telling: &Telling,
    report: Option<&Report>,
    base_url: Option<&str>,
    now: Instant,
) -> Outcome<Letter> {
    let _ = (email, telling, report, base_url, now);
    Err(crate::fault::Fault::setup("mails are not composed yet"))
}

/// What `vigie alert test` tells: nothing happened. `id` is unique to the test.
#[must_use]
pub fn trial(model: &str, now: Instant) -> Telling {
    Telling {
        id: format!("test/{model}/{now}"),
        model: model.to_owned(),
        window: None,
        severity: crate::judge::Severity::Stable,
        verdict: "This is a test: mail from vigie arrives here.".to_owned(),
        events: Vec::new(),
        report: None,
    }
}
