//! Finds a quote in CSV that is not closed in its own cell: the rows behind it would be lost in the cell.

/// Scans CSV, in pieces of any size.
#[derive(Debug, Clone, Copy)]
pub struct QuoteScan {
    /// What is between cells.
    separator: u8,
    state: QuotePlace,
    line: u64,
    /// Length of the current row until now.
    row_bytes: u64,
    stray: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QuotePlace {
    /// Outside quotes; at the beginning of a cell or not.
    Plain { is_start: bool },
    /// In a quoted cell that begins on this line.
    Quoted { from: u64 },
    /// Behind a quote in such a cell: its end, or the first of two that stand for one.
    Quote { from: u64 },
}

impl QuoteScan {
    /// A scan of CSV with this byte between cells.
    #[must_use]
    pub fn new(separator: u8) -> Self {
        Self { separator, state: QuotePlace::Plain { is_start: true }, line: 1, row_bytes: 0, stray: None }
    }

    /// Scans the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        // Most pieces of most files. (A shorter one may be a byte-order mark.)
        if bytes.len() > 3 && matches!(self.state, QuotePlace::Plain { .. }) && !bytes.contains(&b'"') {
            self.line += bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
            self.row_bytes = match bytes.iter().rposition(|byte| ends_row(*byte)) {
                Some(end) => (bytes.len() - end) as u64 - 1,
                None => self.row_bytes + bytes.len() as u64,
            };
            if let Some(last) = bytes.last() {
                self.state = QuotePlace::Plain { is_start: self.ends_cell(*last) };
            }
            return;
        }
        for byte in bytes {
            if self.stray.is_some() {
                return;
            }
            self.step(*byte);
        }
    }

    /// Ends the scan. `may_be_torn`: the last row may have been written in part.
    pub fn finish(&mut self, may_be_torn: bool) {
        if let QuotePlace::Quoted { from } = self.state
            && (!may_be_torn || self.line > from)
        {
            self.stray.get_or_insert(from);
        }
    }

    /// The line on which a quoted cell begins that does not end, or that ends on a later line inside another cell.
    #[must_use]
    pub fn stray(&self) -> Option<u64> {
        self.stray
    }

    /// The number of bytes since the beginning of the current row, and the line of the quoted cell in which the scan is.
    #[must_use]
    pub fn open_row(&self) -> (u64, Option<u64>) {
        let open = match self.state {
            QuotePlace::Quoted { from } => Some(from),
            QuotePlace::Plain { .. } | QuotePlace::Quote { .. } => None,
        };
        (self.row_bytes, open)
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (QuotePlace::Plain { is_start: true }, b'"') => QuotePlace::Quoted { from: self.line },
            // A byte-order mark.
            (QuotePlace::Plain { is_start: true }, 0xef | 0xbb | 0xbf) if self.line == 1 => self.state,
            (QuotePlace::Plain { .. }, byte) => QuotePlace::Plain { is_start: self.ends_cell(byte) },
            (QuotePlace::Quoted { from }, b'"') => QuotePlace::Quote { from },
            (QuotePlace::Quoted { .. }, _) => self.state,
            (QuotePlace::Quote { from }, b'"') => QuotePlace::Quoted { from },
            (QuotePlace::Quote { .. }, byte) if self.ends_cell(byte) => QuotePlace::Plain { is_start: true },
            (QuotePlace::Quote { from }, byte) => {
                if self.line > from && !matches!(byte, b' ' | b'\t') {
                    self.stray = Some(from);
                }
                QuotePlace::Plain { is_start: false }
            }
        };
        self.line += u64::from(byte == b'\n');
        let is_row_end = ends_row(byte) && matches!(self.state, QuotePlace::Plain { .. });
        self.row_bytes = if is_row_end { 0 } else { self.row_bytes + 1 };
    }

    fn ends_cell(&self, byte: u8) -> bool {
        byte == self.separator || ends_row(byte)
    }
}

fn ends_row(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of the stray quote, in pieces of every size.
    fn stray(text: &[u8], may_be_torn: bool) -> Option<u64> {
        let found = |size: usize| {
            let mut scan = QuoteScan::new(b',');
            text.chunks(size).for_each(|bytes| scan.feed(bytes));
            scan.finish(may_be_torn);
            scan.stray()
        };
        let whole = found(text.len());
        (1..text.len()).for_each(|size| assert_eq!(found(size), whole, "in pieces of {size}"));
        whole
    }

    #[test]
    fn a_quote_must_end_in_its_own_cell() {
        assert_eq!(stray(b"x,y\n1,\"a\"\"b,\nc\"\n2,d\"e\n\"f\",\"\"\r\n", false), None);
        assert_eq!(stray(b"x,y\n\"a\"b,2\n", false), None, "harmless: the row is the same");
        assert_eq!(stray(b"x,y\n\"a\nb\" ,2\n", false), None, "blanks behind the cell");
        assert_eq!(stray(b"\xef\xbb\xbf\"x\",y\n1,2\n", false), None);
        assert_eq!(stray(b"\xef\xbb\xbf\"x,y\n1,2\n", false), Some(1));
        assert_eq!(stray(b"x,y\n2,\"y\n3,z\n", false), Some(2));
        assert_eq!(stray(b"x,y\n2,\"y\n3,\"z\n4,u\n", false), Some(2), "a second stray quote");
        assert_eq!(stray(b"x\n\"\"\"\n", false), Some(2));
        let mut scan = QuoteScan::new(b',');
        for (bytes, open_row) in
            [(b"x,y\n1".as_slice(), (1, None)), (b",\"a\nb", (6, Some(2))), (b"\"", (7, None)), (b"\r", (0, None))]
        {
            scan.feed(bytes);
            assert_eq!(scan.open_row(), open_row);
        }
        let mut scan = QuoteScan::new(b';');
        scan.feed(b"x;y\n\"a;\nb\";\"c\nd\";\n1,\"2;3\n");
        scan.finish(false);
        assert_eq!(scan.stray(), None, "a quote behind a comma is inside a cell");
        let torn = b"x,y\n1,\"a\"\n2,\"b";
        assert_eq!((stray(torn, false), stray(torn, true)), (Some(3), None));
    }
}
