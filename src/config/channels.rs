//! The `alerts:` and `http:` sections.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{shown::shown, window::Span};

use crate::{
    alert::{Channel, ChannelSpec, Email, PagerDuty, Slack, Teams, Webhook},
    judge::Test,
};

/// The `alerts:` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Email delivery. Without it, alerts appear only in the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Webhook delivery: the same alerts as a JSON POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// Messages in a Slack channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<Slack>,
    /// Messages in a Microsoft Teams channel or chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<Teams>,
    /// Incidents in PagerDuty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagerduty: Option<PagerDuty>,
    /// Consecutive windows before an alert opens (an alarm on the score opens one immediately).
    pub after: u32,
    /// Time before the first reminder of an open alert; the interval doubles with each reminder.
    pub cooldown: Span,
    /// Fewer records than this share of the median for the same weekday is a finding.
    pub volume: f64,
    /// A reference older than this is a finding. Without it, age is not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_age: Option<Span>,
    /// Tests that never open an alert; their findings still appear in the reports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Test>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            email: None,
            webhook: None,
            slack: None,
            teams: None,
            pagerduty: None,
            after: 2,
            cooldown: Span::from_hours(24),
            volume: 0.5,
            reference_age: None,
            ignore: Vec::new(),
        }
    }
}

/// A channel's properties, and its options if it is configured.
type Section<'a> = (&'static ChannelSpec, Option<&'a dyn Channel>);

impl Alerts {
    /// All channels, the fastest first.
    fn sections(&self) -> [Section<'_>; 5] {
        let Self {
            email,
            webhook,
            slack,
            teams,
            pagerduty,
            after: _,
            cooldown: _,
            volume: _,
            reference_age: _,
            ignore: _,
        } = self;
        [
            (&PagerDuty::SPEC, pagerduty.as_ref().map(|channel| channel as &dyn Channel)),
            (&Webhook::SPEC, webhook.as_ref().map(|channel| channel as &dyn Channel)),
            (&Slack::SPEC, slack.as_ref().map(|channel| channel as &dyn Channel)),
            (&Teams::SPEC, teams.as_ref().map(|channel| channel as &dyn Channel)),
            (&Email::SPEC, email.as_ref().map(|channel| channel as &dyn Channel)),
        ]
    }

    /// All channels that this version knows, the fastest first.
    #[must_use]
    pub fn specs() -> Vec<&'static ChannelSpec> {
        Self::default().sections().map(|(spec, _)| spec).to_vec()
    }

    /// The configured channels, the fastest first.
    #[must_use]
    pub fn channels(&self) -> Vec<&dyn Channel> {
        self.sections().into_iter().filter_map(|(_, channel)| channel).collect()
    }

    /// The configured channel of this name.
    #[must_use]
    pub fn channel(&self, word: &str) -> Option<&dyn Channel> {
        self.channels().into_iter().find(|channel| channel.spec().word == word)
    }

    /// The files that the channels' sections name, with their keys.
    pub(super) fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        let Self {
            email,
            webhook,
            slack,
            teams,
            pagerduty,
            after: _,
            cooldown: _,
            volume: _,
            reference_age: _,
            ignore: _,
        } = self;
        let mut files = Vec::new();
        files.extend(email.iter_mut().flat_map(Channel::files));
        files.extend(webhook.iter_mut().flat_map(Channel::files));
        files.extend(slack.iter_mut().flat_map(Channel::files));
        files.extend(teams.iter_mut().flat_map(Channel::files));
        files.extend(pagerduty.iter_mut().flat_map(Channel::files));
        files
    }

    /// Why messages of a channel wait without being tried; `None` if the channel is configured.
    #[must_use]
    pub fn why_waiting(&self, word: &str) -> Option<String> {
        self.channel(word).is_none().then(|| Self::why_missing(word))
    }

    /// States that a channel is not configured or, with a ledger of a newer version, unknown.
    pub(crate) fn why_missing(word: &str) -> String {
        if Self::specs().iter().any(|spec| spec.word == word) {
            return format!("alerts.{word} is no longer configured; configure it to send what is queued");
        }
        format!("this version of vigie has no channel `{}`; a version that has it will send the message", shown(word))
    }
}

/// The `http:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port, for example `127.0.0.1:8787`.
    pub listen: String,
    /// File that contains only the token clients must send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Names by which clients reach the server, besides addresses, `localhost`, this host's name and that in
    /// `reports.base_url`. Without a token, requests for other names are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}
