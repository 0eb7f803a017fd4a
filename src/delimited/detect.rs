//! Finds how a CSV file is written from its first bytes, with the counts that show it.

use super::{
    decode::is_utf8,
    form::{CsvForm, DecimalSign, Separator, TextEncoding},
};

/// Maximum number of bytes that are looked at.
const HEAD: usize = 1 << 16;

/// What was found about a CSV file, and the counts that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectedCsv {
    pub form: CsvForm,
    /// Number of rows with as many cells as the header, and of all rows after the header that were looked at.
    pub rows: (usize, usize),
    /// Number of cells of the header.
    pub cells: usize,
    /// Number of cells that are numbers with a decimal comma, and with a decimal point.
    pub decimals: (usize, usize),
}

impl DetectedCsv {
    /// Finds the form from the first bytes of a file; only the first 64 KiB are looked at. `None`: no separator divides its
    /// header.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let is_cut = bytes.len() > HEAD;
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        let encoding = encoding(head);
        let text = decode(head, encoding);
        let found = Separator::ALL.into_iter().rev().filter_map(|separator| count(&text, is_cut, separator, encoding));
        // The most usual one of several that divide the lines equally well.
        found.max_by_key(|found| (found.rows.0, found.cells))
    }

    /// The counts, as evidence for the form.
    #[must_use]
    pub fn evidence(&self) -> String {
        let (like_header, rows) = self.rows;
        let decimals = match (self.form.decimal, self.decimals) {
            (DecimalSign::Comma, (commas, 0)) => format!("; {commas} numbers have a decimal comma"),
            (DecimalSign::Comma, (commas, points)) => {
                format!("; {commas} numbers have a decimal comma, {points} a decimal point")
            }
            (DecimalSign::Point, _) => String::new(),
        };
        format!("{like_header} of {rows} rows have {} cells, as the header{decimals}", self.cells)
    }
}

fn encoding(head: &[u8]) -> TextEncoding {
    if head.starts_with(b"\xff\xfe") {
        return TextEncoding::Utf16Le;
    }
    if head.starts_with(b"\xfe\xff") {
        return TextEncoding::Utf16Be;
    }
    // Every second byte of Latin text in UTF-16 is zero.
    let zeros = |first| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    if zeros(1) * 4 > head.len() {
        return TextEncoding::Utf16Le;
    }
    if zeros(0) * 4 > head.len() {
        return TextEncoding::Utf16Be;
    }
    if is_utf8(head) { TextEncoding::Utf8 } else { TextEncoding::Windows1252 }
}

/// Decodes all that separators and numbers consist of; letters of Windows-1252 may become others.
fn decode(head: &[u8], encoding: TextEncoding) -> String {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = head.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match encoding {
        TextEncoding::Utf8 => String::from_utf8_lossy(head).into_owned(),
        TextEncoding::Utf16Le => utf16(u16::from_le_bytes),
        TextEncoding::Utf16Be => utf16(u16::from_be_bytes),
        TextEncoding::Windows1252 => head.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Counts what a separator makes of the text. `None`: it does not divide the header.
fn count(text: &str, is_cut: bool, separator: Separator, encoding: TextEncoding) -> Option<DetectedCsv> {
    let text = text.trim_start_matches('\u{feff}');
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.delimiter(separator.byte()).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<csv::StringRecord> = reader.records().filter_map(Result::ok).collect();
    if is_cut {
        rows.pop();
    }
    let (header, rows) = rows.split_first()?;
    if header.len() < 2 {
        return None;
    }
    let like_header = rows.iter().filter(|row| row.len() == header.len()).count();
    let decimals = |sign| rows.iter().flatten().filter(|cell| is_decimal(cell, sign)).count();
    let decimals = (decimals(','), decimals('.'));
    let decimal =
        if separator != Separator::Comma && decimals.0 > decimals.1 { DecimalSign::Comma } else { DecimalSign::Point };
    let form = CsvForm { separator, decimal, encoding };
    Some(DetectedCsv { form, rows: (like_header, rows.len()), cells: header.len(), decimals })
}

/// Whether a cell is a number with this decimal sign. Three digits behind it may be thousands, unless a zero is before it.
fn is_decimal(cell: &str, sign: char) -> bool {
    let cell = cell.trim();
    let Some((whole, rest)) = cell.strip_prefix('-').unwrap_or(cell).split_once(sign) else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && is_digits(rest) && (rest.len() != 3 || whole == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(bytes: &[u8]) -> (char, char, TextEncoding) {
        let CsvForm { separator, decimal, encoding } = DetectedCsv::of(bytes).unwrap().form;
        let decimal = if decimal == DecimalSign::Comma { ',' } else { '.' };
        (char::from(separator.byte()), decimal, encoding)
    }

    #[test]
    fn separator_decimal_sign_and_encoding_are_found() {
        use TextEncoding::{Utf8, Utf16Be, Utf16Le, Windows1252};
        assert_eq!(form(b"a,b\n1.5,2\n"), (',', '.', Utf8));
        assert_eq!(form(b"\xef\xbb\xbfa;b;c\n1,5;2,25;x, y\n"), (';', ',', Utf8));
        assert_eq!(form(b"a\tb\n0,125\t2\n"), ('\t', ',', Utf8));
        assert_eq!(form(b"a|b\n1,234|2\n"), ('|', '.', Utf8), "thousands");
        assert_eq!(form(b"a;city\n1,5;Orl\xe9ans\n"), (';', ',', Windows1252));
        let quoted = b"a;b\n\"x;y\nz\";1,5\n\"p,q\";2.5\nr;3,5\n";
        let found = DetectedCsv::of(quoted).unwrap();
        assert_eq!((found.form.separator, found.rows, found.decimals), (Separator::Semicolon, (3, 3), (2, 1)));
        let text = "a;b\n1,5;\u{e9}\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(form(&[b"\xff\xfe".as_slice(), &le].concat()), (';', ',', Utf16Le));
        assert_eq!((form(&le), form(&be)), ((';', ',', Utf16Le), (';', ',', Utf16Be)));
        assert_eq!((DetectedCsv::of(b""), DetectedCsv::of(b"a\n1\n")), (None, None));
    }

    #[test]
    fn a_long_file_is_judged_by_its_whole_rows() {
        let text = "a;b\n".to_owned() + &"1,5;\u{e9}\n".repeat(20_000);
        let found = DetectedCsv::of(text.as_bytes()).unwrap();
        assert_eq!(found.form.to_string(), "separator=; decimal=,");
        assert_eq!(found.rows.0, found.rows.1);
    }
}
