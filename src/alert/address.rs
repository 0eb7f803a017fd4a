//! Email addresses. An internationalised domain is written in ASCII (punycode), which every mail server understands.

use idna::domain_to_ascii;
use lettre::{Address, message::Mailbox};

use crate::fault::{Fault, Result};

/// Why a text cannot be used as an address, and what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressProblem {
    Invalid,
    /// The part before the `@` has characters that only some servers accept (SMTPUTF8).
    NotAscii,
}

/// Returns what is wrong with the text as an email address: `risk@example.com` or `Risk <risk@example.com>`.
#[must_use]
pub fn address_problem(text: &str) -> Option<AddressProblem> {
    parse(text).err()
}

fn parse(text: &str) -> std::result::Result<Mailbox, AddressProblem> {
    let mailbox: Mailbox = text.parse().map_err(|_| AddressProblem::Invalid)?;
    if !mailbox.email.user().is_ascii() {
        return Err(AddressProblem::NotAscii);
    }
    let domain = ascii_domain(mailbox.email.domain()).ok_or(AddressProblem::Invalid)?;
    let email = Address::new(mailbox.email.user(), domain).map_err(|_| AddressProblem::Invalid)?;
    Ok(Mailbox::new(mailbox.name, email))
}

/// Parses the address in a config key.
pub(super) fn mailbox(key: &str, text: &str) -> Result<Mailbox> {
    parse(text).map_err(|problem| {
        let why = match problem {
            AddressProblem::Invalid => "is not a valid email address",
            AddressProblem::NotAscii => "has characters before the `@` that mail servers may not accept",
        };
        Fault::setup(format!("{key}: `{text}` {why}; write it as risk@example.com"))
    })
}

/// Writes a bare address in ASCII; `None` if that is not possible.
pub(super) fn ascii_address(text: &str) -> Option<String> {
    let address: Address = text.parse().ok()?;
    // Checked again: a character may have been mapped to one that ends an address.
    let address = Address::new(address.user(), ascii_domain(address.domain())?).ok()?;
    address.user().is_ascii().then(|| address.to_string())
}

fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() { Some(domain.to_owned()) } else { domain_to_ascii(domain).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_written_in_ascii() {
        assert_eq!(ascii_address("risk@łódź.pl").as_deref(), Some("risk@xn--d-uga0v4h.pl"));
        assert_eq!(ascii_address("Risk@Example.com").as_deref(), Some("Risk@Example.com"));
        assert_eq!(ascii_address("łukasz@example.com"), None);
        assert_eq!(ascii_address("not an address"), None);
        let parsed = mailbox("alerts.email.to", "Zespół ryzyka <risk@łódź.pl>").unwrap();
        assert_eq!(parsed.email.to_string(), "risk@xn--d-uga0v4h.pl");
        assert_eq!(parsed.name.as_deref(), Some("Zespół ryzyka"));
        assert_eq!(address_problem("łukasz@example.com"), Some(AddressProblem::NotAscii));
        assert_eq!(address_problem("risk"), Some(AddressProblem::Invalid));
        assert_eq!(address_problem("Risk <risk@example.com>"), None);
    }
}
