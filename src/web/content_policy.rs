//! The content policy of a page: nothing runs but the page's own style and script, known by their hashes.

use sha2::{Digest, Sha256};

/// For answers that are no page.
pub(super) const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The style that stands in the head and the script that ends the page are its own. They are hashed as they stand, so that
/// pages of an earlier version keep theirs; a script anywhere else, whoever put it there, does not run.
pub(super) fn of_page(html: &str) -> String {
    let head = html.split("</head>").next().unwrap_or_default();
    let style = head.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map(|(style, _)| style);
    let script = html
        .trim_end()
        .strip_suffix("</html>")
        .and_then(|html| html.trim_end().strip_suffix("</body>"))
        .and_then(|html| html.trim_end().strip_suffix("</script>"))
        .and_then(|html| html.rsplit_once("<script>"))
        .map(|(_, script)| script);
    let allowed = |source: Option<&str>| {
        source.map_or("'none'".to_owned(), |source| format!("'sha256-{}'", base64(&Sha256::digest(source))))
    };
    format!("{NOTHING}; style-src {}; script-src {}", allowed(style), allowed(script))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{ff}", "w78=")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn only_the_last_script_and_the_style_of_the_head_are_allowed() {
        let hash = |text: &str| format!("'sha256-{}'", base64(&Sha256::digest(text)));
        let page = "<html><head><style>a{}</style></head><body><script>evil()</script><script>good()</script>\n</body>\n</html>\n";
        let policy = of_page(page);
        assert!(policy.contains(&format!("style-src {}; script-src {}", hash("a{}"), hash("good()"))), "{policy}");
        assert!(!policy.contains(&hash("evil()")) && !policy.contains("unsafe"), "{policy}");
        let bare = of_page("<html><head></head><body><style>x{}</style><script>evil()</script><p></body></html>");
        assert!(bare.ends_with("style-src 'none'; script-src 'none'"), "{bare}");
    }
}
