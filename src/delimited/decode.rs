//! Text in any supported encoding as a stream of UTF-8.

use std::{
    error::Error,
    fmt,
    io::{self, BufRead, Read},
};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::form::TextEncoding;

/// The text is not in the encoding that was stated.
#[derive(Debug)]
pub struct WrongEncoding;

impl WrongEncoding {
    /// Whether this is what an error is about.
    #[must_use]
    pub fn is_cause_of(error: &io::Error) -> bool {
        error.get_ref().and_then(|cause| cause.downcast_ref::<Self>()).is_some()
    }
}

impl fmt::Display for WrongEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not in the encoding that was stated")
    }
}

impl Error for WrongEncoding {}

/// Streams text as UTF-8. Text that is stated to be UTF-8 is passed through; otherwise, a byte-order mark takes precedence over
/// `encoding`.
///
/// # Errors
///
/// If reading fails, or with [`WrongEncoding`] if the first bytes cannot be in `encoding`.
pub fn decoded<R: BufRead + 'static>(mut stream: R, encoding: TextEncoding) -> io::Result<Box<dyn Read>> {
    let Some(decoder) = decoder(encoding) else { return Ok(Box::new(stream)) };
    let head = stream.fill_buf()?;
    let has_mark = [b"\xef\xbb\xbf".as_slice(), b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| head.starts_with(mark));
    let may_be = match encoding {
        // Separators and line ends have a zero byte.
        TextEncoding::Utf16Le | TextEncoding::Utf16Be => head.contains(&0),
        // Other characters are hardly ever next to each other so that they are UTF-8.
        TextEncoding::Windows1252 => head.is_ascii() || !is_utf8(head),
        TextEncoding::Utf8 => true,
    };
    if !has_mark && !may_be && !head.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, WrongEncoding));
    }
    Ok(Box::new(
        DecodeReaderBytesBuilder::new().encoding(Some(decoder)).bom_override(true).strip_bom(true).build(stream),
    ))
}

fn decoder(encoding: TextEncoding) -> Option<&'static Encoding> {
    match encoding {
        TextEncoding::Utf8 => None,
        TextEncoding::Utf16Le => Some(UTF_16LE),
        TextEncoding::Utf16Be => Some(UTF_16BE),
        TextEncoding::Windows1252 => Some(WINDOWS_1252),
    }
}

/// Whether the first bytes of a text are UTF-8. They may end inside a character.
pub(super) fn is_utf8(head: &[u8]) -> bool {
    str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: TextEncoding) -> io::Result<String> {
        let mut text = String::new();
        decoded(io::Cursor::new(bytes.to_vec()), encoding)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn text_is_decoded_from_the_stated_encoding() {
        use TextEncoding::{Utf8, Utf16Be, Utf16Le, Windows1252};
        let text = format!("a;b\n{}", "\u{e9}\u{20ac};\u{1f600}\n".repeat(50_000));
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&le, Utf16Le).unwrap(), text);
        assert_eq!(read(&be, Utf16Be).unwrap(), text);
        let marked = [b"\xfe\xff".as_slice(), &be].concat();
        assert_eq!(read(&marked, Utf16Le).unwrap(), text, "a mark takes precedence");
        assert_eq!(read(b"\xe9;\x80\x9c", Windows1252).unwrap(), "\u{e9};\u{20ac}\u{153}");
        assert_eq!(read(b"plain", Windows1252).unwrap(), "plain");
        assert_eq!(read(text.as_bytes(), Utf8).unwrap(), text);
        for wrong in [Utf16Le, Utf16Be, Windows1252] {
            let error = read(text.as_bytes(), wrong).unwrap_err();
            assert!(WrongEncoding::is_cause_of(&error), "{error}");
        }
        assert_eq!(read(b"", Utf16Le).unwrap(), "");
    }
}
