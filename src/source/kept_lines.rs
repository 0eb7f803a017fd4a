//! Records as lines of JSON, for a sample.

/// Lines up to a total size.
#[derive(Debug, Default)]
pub(super) struct KeptLines {
    pub lines: Vec<Vec<u8>>,
    bytes_left: usize,
}

impl KeptLines {
    pub(super) fn up_to(bytes: usize) -> Self {
        Self { lines: Vec::new(), bytes_left: bytes }
    }

    /// Keeps a line if there is room for it.
    pub(super) fn add(&mut self, line: &[u8]) {
        if let Some(left) = self.bytes_left.checked_sub(line.len()) {
            self.bytes_left = left;
            self.lines.push(line.to_vec());
        }
    }
}
