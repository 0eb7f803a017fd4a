//! Writes a reference file while it is learned: blocks go to disk as soon as they are packed, so little remains at the end.

use std::{collections::BTreeMap, path::Path, sync::mpsc::Receiver};

use crate::{
    fault::{Fault, Result},
    monitor::atomic_file::AtomicFile,
    reference::{Block, HEAD, Parts, Reference},
};

/// Number of bytes between syncs, so that the disk is busy throughout.
const SYNC_BYTES: usize = 8 << 20;

pub(crate) struct ReferenceWriter {
    file: AtomicFile,
    /// Number of blocks written so far.
    written: usize,
}

impl ReferenceWriter {
    pub(crate) fn create(out: &Path) -> Result<Self> {
        let mut file = AtomicFile::create(out)?;
        // The head is written last. A file that begins with zeros is not a valid reference.
        file.write(&[0; HEAD])?;
        Ok(Self { file, written: 0 })
    }

    /// Receives blocks in any order until the channel closes, and writes them in the order of their indices.
    pub(crate) fn write_blocks(mut self, packed: Receiver<(usize, Block)>) -> Result<Self> {
        let mut early = BTreeMap::new();
        let mut unsynced = 0;
        for (index, block) in packed {
            early.insert(index, block);
            while let Some(block) = early.remove(&self.written) {
                self.file.write(block.as_ref())?;
                self.written += 1;
                unsynced += block.as_ref().len();
            }
            if unsynced >= SYNC_BYTES {
                self.file.sync()?;
                unsynced = 0;
            }
        }
        self.file.sync()?;
        Ok(self)
    }

    /// Writes the remaining parts, and renames the file to its final name.
    pub(crate) fn finish(mut self, parts: &Parts) -> Result<()> {
        for block in parts.blocks.iter().skip(self.written) {
            self.file.write(block.as_ref())?;
        }
        self.file.write(&parts.core)?;
        self.file.write_first(&parts.head)?;
        self.file.finish()
    }
}

/// Serialises a reference into the parts of its file.
pub(crate) fn parts(reference: &Reference) -> Result<Parts> {
    reference.to_parts().ok_or_else(|| Fault::setup(reference.damaged_message()))
}
