//! Text that is BASE64 (RFC 4648) of other text, as gateways write the bodies of requests.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// Decodes BASE64 of printable text. `None`: it is something else.
pub(super) fn decode_text(text: &str) -> Option<String> {
    /// Shorter texts are words.
    const SHORTEST: usize = 8;
    let text = text.trim();
    if text.len() < SHORTEST {
        return None;
    }
    let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    let decoded = String::from_utf8(bytes).ok()?;
    let is_printable = |char: char| !char.is_control() || char.is_ascii_whitespace();
    decoded.chars().all(is_printable).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_is_decoded_and_nothing_else() {
        assert_eq!(decode_text("eyJBR0UiOiA0MX0=").unwrap(), "{\"AGE\": 41}");
        assert_eq!(decode_text("MC4xLDIsQQ==").unwrap(), "0.1,2,A");
        assert_eq!(decode_text("MC4wODEyMzQ=").unwrap(), "0.081234");
        // Both alphabets: `?>?` is `Pz4/` or `Pz4_`.
        assert_eq!(decode_text("MCw/Pj8=").unwrap(), "0,?>?");
        assert_eq!(decode_text("MCw_Pj8=").unwrap(), "0,?>?");
        for other in ["0.081234", "ACCEPTED", "12345678", "REF=", "0.1,2,A", "{\"AGE\": 41}", "abcdefghij=="] {
            assert_eq!(decode_text(other), None, "{other}");
        }
    }
}
