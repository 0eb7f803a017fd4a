//! JSON as Python writes it: with the bare tokens NaN and Infinity.

/// Replaces the bare tokens NaN and Infinity, which Python writes but JSON does not allow, by `null` and the level of that
/// number. Returns `None` if there is no such token.
#[must_use]
pub fn plain_tokens(line: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(line.len() + 16);
    let mut rest = line;
    let (mut in_text, mut changed) = (false, false);
    while let Some((&byte, after)) = rest.split_first() {
        if in_text {
            plain.push(byte);
            rest = after;
            match byte {
                b'"' => in_text = false,
                b'\\' => {
                    if let Some((&escaped, after)) = rest.split_first() {
                        plain.push(escaped);
                        rest = after;
                    }
                }
                _ => {}
            }
            continue;
        }
        let tokens: [(&[u8], &[u8]); 3] = [(b"NaN", b"null"), (b"-Infinity", b"\"-inf\""), (b"Infinity", b"\"inf\"")];
        if let Some((token, replacement)) = tokens.iter().find(|(token, _)| rest.starts_with(token)) {
            plain.extend_from_slice(replacement);
            rest = rest.get(token.len()..).unwrap_or_default();
            changed = true;
        } else {
            in_text = byte == b'"';
            plain.push(byte);
            rest = after;
        }
    }
    changed.then_some(plain)
}
