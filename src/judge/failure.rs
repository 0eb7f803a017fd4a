//! Why a run has no report.

use serde::{Deserialize, Serialize};
use vigie_profile::window::Window;

use crate::fault::{Fault, PublicCause};

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Failure {
    /// An error ended the run.
    Error {
        /// The whole error, if it may quote a value from a row; `None` otherwise and once redacted.
        detail: Option<String>,
        public: PublicCause,
    },
    /// Earlier windows that failed and will be retried: their number, and the first.
    Retried { windows: usize, first: Window },
    /// Windows that will not be checked automatically: their number, and the span from the first to the last.
    Missed { windows: usize, span: Window },
}

impl Failure {
    #[must_use]
    pub fn from_fault(fault: &Fault) -> Self {
        match fault.public() {
            None => Self::Error { detail: None, public: PublicCause::Text(fault.to_string()) },
            Some(public) => Self::Error { detail: Some(fault.to_string()), public: public.clone() },
        }
    }

    /// Drops what may quote a row.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::Error { detail: _, public } => Self::Error { detail: None, public },
            Self::Retried { windows, first } => Self::Retried { windows, first },
            Self::Missed { windows, span } => Self::Missed { windows, span },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of a row may be quoted only in the sentence for the operator.
    #[test]
    fn redacted_failures_quote_no_row() {
        for (fault, public) in [
            (Fault::uncountable("4711"), PublicCause::NotCounted),
            (Fault::unreadable_again("4711"), PublicCause::NotReadAgain),
            (Fault::setup("crashed at 4711").with_public(PublicCause::Crashed), PublicCause::Crashed),
        ] {
            let failure = Failure::from_fault(&fault);
            assert_eq!(failure, Failure::Error { detail: Some(fault.to_string()), public: public.clone() });
            assert_eq!(failure.redacted(), Failure::Error { detail: None, public });
        }
        let fault = Fault::retry("the server is down");
        let failure = Failure::Error { detail: None, public: PublicCause::Text(fault.to_string()) };
        assert_eq!(Failure::from_fault(&fault).redacted(), failure);
    }
}
