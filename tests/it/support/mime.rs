//! A MIME parser: unfolds and decodes headers, decodes parts.

/// A part of a message. A multipart has parts and no body.
#[derive(Debug)]
pub(crate) struct Part {
    pub headers: Vec<(String, String)>,
    pub parts: Vec<Part>,
    pub body: Vec<u8>,
}

impl Part {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("a message is 7-bit: {error}"));
        assert!(text.is_ascii(), "a message is 7-bit");
        let (head, body) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no empty line ends the headers: {text}"));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.split("\r\n") {
            assert!(!line.contains(['\r', '\n']), "a bare line end: {line:?}");
            if let Some((_, value)) = headers.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
                value.push_str(line);
                continue;
            }
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
            headers.push((name.to_owned(), value.trim_start().to_owned()));
        }
        let mut part = Self { headers, parts: Vec::new(), body: Vec::new() };
        let kind = part.raw("Content-Type").unwrap_or_default().to_owned();
        if let Some((_, boundary)) = kind.split_once("boundary=\"") {
            let boundary = format!("--{}", boundary.split('"').next().unwrap());
            let pieces: Vec<&str> = body.split(boundary.as_str()).collect();
            assert!(pieces.last().unwrap().starts_with("--"), "a multipart is closed");
            for piece in &pieces[1..pieces.len() - 1] {
                let piece = piece.strip_prefix("\r\n").unwrap();
                part.parts.push(Self::of(piece.strip_suffix("\r\n").unwrap_or(piece).as_bytes()));
            }
        } else {
            part.body = match part.raw("Content-Transfer-Encoding").unwrap_or("7bit") {
                "base64" => base64(body),
                "quoted-printable" => quoted(body, false),
                _ => body.as_bytes().to_vec(),
            };
        }
        part
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let same = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// A decoded header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.raw(name).map(decoded)
    }

    /// The first part of this content type, at any depth.
    pub(crate) fn find(&self, kind: &str) -> Option<&Self> {
        if self.raw("Content-Type").is_some_and(|value| value.starts_with(kind)) {
            return Some(self);
        }
        self.parts.iter().find_map(|part| part.find(kind))
    }

    pub(crate) fn all<'a>(&'a self, kind: &'a str) -> Vec<&'a Self> {
        let own = self.raw("Content-Type").is_some_and(|value| value.starts_with(kind)).then_some(self);
        own.into_iter().chain(self.parts.iter().flat_map(|part| part.all(kind))).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap().replace("\r\n", "\n")
    }

    /// The nested content types.
    pub(crate) fn outline(&self) -> String {
        let kind = self.raw("Content-Type").unwrap_or("text/plain").split(';').next().unwrap().to_owned();
        if self.parts.is_empty() {
            return kind;
        }
        let inner: Vec<String> = self.parts.iter().map(Self::outline).collect();
        format!("{kind} ({})", inner.join(", "))
    }

    /// All headers and bodies, decoded.
    pub(crate) fn everything(&self) -> String {
        let mut all: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {}\n", decoded(value))).collect();
        all.push_str(&String::from_utf8_lossy(&self.body));
        for part in &self.parts {
            all.push_str(&part.everything());
        }
        all
    }
}

fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for six in text.bytes().filter_map(value) {
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

fn quoted(text: &str, spaces: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'=' if after.starts_with(b"\r\n") => rest = &after[2..],
            b'=' => {
                let code = std::str::from_utf8(&after[..2]).unwrap();
                bytes.push(u8::from_str_radix(code, 16).unwrap());
                rest = &after[2..];
            }
            b'_' if spaces => bytes.push(b' '),
            byte => bytes.push(*byte),
        }
    }
    bytes
}

/// Decodes encoded words (RFC 2047), dropping whitespace between adjacent ones.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("=?") {
        if !(before.trim().is_empty() && !bytes.is_empty() && rest.len() < value.len()) {
            bytes.extend(before.bytes());
        }
        let mut pieces = after.splitn(4, '?');
        let (_charset, kind, text) = (pieces.next().unwrap(), pieces.next().unwrap(), pieces.next().unwrap());
        bytes.extend(if kind.eq_ignore_ascii_case("b") { base64(text) } else { quoted(text, true) });
        rest = pieces.next().unwrap().strip_prefix('=').unwrap();
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).unwrap()
}
