//! The same telling for machines: a JSON POST to an address of the user's.

use std::{fmt, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Delivery, Telling};

/// The `alerts.webhook:` section.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `https://…`; `http://` too.
    pub url: String,
    /// A file that holds a token and nothing else, sent as `Authorization: Bearer`. Without it, systemd's credential
    /// `vigie.webhook-token` where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// The address alone: such URLs hold keys.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("token_file", &self.token_file).finish_non_exhaustive()
    }
}

/// A call as it waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The `Idempotency-Key`, made from the telling's id.
    pub key: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// The call of one run.
#[must_use]
pub fn call_of(telling: &Telling, base_url: Option<&str>) -> Call {
    let _ = base_url;
    Call { key: telling.id.clone(), body: Vec::new() }
}

/// Posts a call, and answers within `patience`. Blocks.
///
/// 2xx is [`Delivery::Accepted`]; 408, 425, 429, 5xx and a server that is not there, [`Delivery::Later`]; 401, 403, 404 and a
/// redirection (followed never: it would carry the token away), [`Delivery::Later`] with `setup`; other 4xx
/// [`Delivery::Refused`].
pub fn post(webhook: &Webhook, call: &Call, patience: Duration) -> Delivery {
    let _ = (webhook, call, patience);
    Delivery::Later { reason: "no call is made yet".to_owned(), to: Vec::new(), refused: Vec::new(), setup: true }
}
