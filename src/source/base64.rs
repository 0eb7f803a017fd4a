//! Text that is BASE64 (RFC 4648) of other text, as gateways write the bodies of requests.

/// Decodes BASE64 of printable text. `None`: it is something else.
pub(super) fn decode_text(text: &str) -> Option<String> {
    /// Shorter texts are words.
    const SHORTEST: usize = 8;
    let text = text.trim();
    let digits = text.trim_end_matches('=');
    if text.len() < SHORTEST || !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for digit in digits.bytes() {
        bits = bits << 6 | u32::from(value(digit)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            #[expect(clippy::cast_possible_truncation, reason = "the low eight bits")]
            bytes.push((bits >> held) as u8);
        }
    }
    let decoded = String::from_utf8(bytes).ok()?;
    let is_printable = |char: char| !char.is_control() || char.is_ascii_whitespace();
    decoded.chars().all(is_printable).then_some(decoded)
}

fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_is_decoded_and_nothing_else() {
        assert_eq!(decode_text("eyJBR0UiOiA0MX0=").unwrap(), "{\"AGE\": 41}");
        assert_eq!(decode_text("MC4xLDIsQQ==").unwrap(), "0.1,2,A");
        assert_eq!(decode_text("MC4wODEyMzQ=").unwrap(), "0.081234");
        for other in ["0.081234", "ACCEPTED", "12345678", "REF=", "0.1,2,A", "{\"AGE\": 41}", "abcdefghij=="] {
            assert_eq!(decode_text(other), None, "{other}");
        }
    }
}
