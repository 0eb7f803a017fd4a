//! A reference's file while it is learnt: blocks go to the disk as they are packed, so that little is left to wait for.

use std::{collections::BTreeMap, path::Path, sync::mpsc::Receiver};

use crate::{
    fault::{Fault, Result},
    monitor::whole::Whole,
    reference::{Block, HEAD, Parts, Reference},
};

/// Bytes written until the disk is waited for, so that it is not idle until the end.
const STRETCH: usize = 8 << 20;

pub(crate) struct Draft {
    whole: Whole,
    /// Blocks that are written.
    written: usize,
}

impl Draft {
    pub(crate) fn create(out: &Path) -> Result<Self> {
        let mut whole = Whole::create(out)?;
        // What stands here is known last; a file that begins with zeros is no reference.
        whole.write(&[0; HEAD])?;
        Ok(Self { whole, written: 0 })
    }

    /// Writes blocks in the order of their numbers, in whatever order they come, until no more do.
    pub(crate) fn fill(mut self, packed: Receiver<(usize, Block)>) -> Result<Self> {
        let mut early = BTreeMap::new();
        let mut unsettled = 0;
        for (number, block) in packed {
            early.insert(number, block);
            while let Some(block) = early.remove(&self.written) {
                self.whole.write(block.as_ref())?;
                self.written += 1;
                unsettled += block.as_ref().len();
            }
            if unsettled >= STRETCH {
                self.whole.settle()?;
                unsettled = 0;
            }
        }
        self.whole.settle()?;
        Ok(self)
    }

    /// Writes what is not written yet, and gives the file its name.
    pub(crate) fn finish(mut self, parts: &Parts) -> Result<()> {
        for block in parts.blocks.iter().skip(self.written) {
            self.whole.write(block.as_ref())?;
        }
        self.whole.write(&parts.core)?;
        self.whole.write_first(&parts.head)?;
        self.whole.finish()
    }
}

/// The parts of a reference's file.
pub(crate) fn parts(reference: &Reference) -> Result<Parts> {
    reference.to_parts().ok_or_else(|| Fault::setup(reference.damaged()))
}
