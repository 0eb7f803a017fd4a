//! Spreadsheets, which have to be converted to CSV first.

/// Returns whether the first bytes of a file are those of a workbook of Excel or `OpenDocument`.
#[must_use]
pub fn is_spreadsheet(head: &[u8]) -> bool {
    const OLD_EXCEL: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    // Names of parts, of which one is at the beginning of the archive.
    const PARTS: [&[u8]; 5] = [
        b"[Content_Types].xml",
        b"_rels/.rels",
        b"docProps/",
        b"xl/",
        b"application/vnd.oasis.opendocument.spreadsheet",
    ];
    let has =
        |part: &[u8]| head.get(..200.min(head.len())).is_some_and(|head| head.windows(part.len()).any(|at| at == part));
    head.starts_with(OLD_EXCEL) || head.starts_with(b"PK\x03\x04") && PARTS.into_iter().any(has)
}

/// Returns whether a file is named as a spreadsheet.
#[must_use]
pub fn is_named_spreadsheet(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    ending.is_some_and(|ending| matches!(ending.as_str(), "xlsx" | "xlsm" | "xlsb" | "xls" | "ods"))
}

/// What to do with a spreadsheet of this name. The first sheet is converted.
#[must_use]
pub fn conversion(name: &str) -> String {
    // A spreadsheet that is named otherwise may be named as CSV.
    let stem = name.rsplit_once('.').filter(|_| is_named_spreadsheet(name)).map_or("table", |(stem, _)| stem);
    format!(
        "convert it: `python3 -c 'import pandas; pandas.read_excel(\"{name}\").to_csv(\"{stem}.csv\", index=False)'`, or in \
         LibreOffice: `soffice --headless --convert-to csv {name}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workbooks_are_known_by_their_first_bytes_and_names() {
        assert!(is_spreadsheet(
            b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0b\xee\x9dhO\x01\0\0\x90\x04\0\0\x13\0\0\0[Content_Types].xml"
        ));
        assert!(is_spreadsheet(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"));
        assert!(!is_spreadsheet(b"PK\x03\x04\x14\0\0\0\0\0log.ndjson") && !is_spreadsheet(b"a,b\n[Content_Types].xml"));
        assert!(is_named_spreadsheet("a.XLSX") && !is_named_spreadsheet("xlsx"));
        assert!(conversion("a.csv").contains("read_excel(\"a.csv\").to_csv(\"table.csv\", index=False)"));
        assert!(conversion("a.b.xlsx").contains("read_excel(\"a.b.xlsx\").to_csv(\"a.b.csv\", index=False)"));
    }
}
