//! Value blocks of a reference: in memory if just learnt, otherwise in the file and read on demand.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use xxhash_rust::xxh3::xxh3_64;

/// An open reference file.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

type Shared = Arc<Mutex<Box<dyn ReadSeek>>>;

/// Packed bytes in memory and their checksum. Clones share the bytes.
#[derive(Clone)]
pub struct Block {
    bytes: Arc<Vec<u8>>,
    checksum: u64,
}

impl Block {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { checksum: xxh3_64(&bytes), bytes: Arc::new(bytes) }
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Location and checksum of a block in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockExtent {
    offset: u64,
    length: usize,
    checksum: u64,
}

/// Packed distinct values: one block per feature (empty for categorical ones), then the score.
#[derive(Clone)]
pub(super) enum BlockStore {
    Memory(Vec<Block>),
    File { name: String, file: Shared, extents: Vec<BlockExtent> },
}

impl BlockStore {
    /// Consecutive blocks with the given lengths and checksums, which must fill the range `within` of the file.
    pub(super) fn in_file(
        name: &str,
        file: Box<dyn ReadSeek>,
        within: Range<u64>,
        blocks: &[(u64, u64)],
    ) -> Option<Self> {
        let mut next = within.start;
        let mut extents = Vec::with_capacity(blocks.len());
        for &(length, checksum) in blocks {
            extents.push(BlockExtent { offset: next, length: usize::try_from(length).ok()?, checksum });
            next = next.checked_add(length)?;
        }
        (next == within.end).then(|| Self::File { name: name.to_owned(), file: Arc::new(Mutex::new(file)), extents })
    }

    /// Name of the file, for messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Memory(_) => "the new reference",
            Self::File { name, .. } => name,
        }
    }

    /// Appends blocks; `None` if the existing ones cannot be read.
    pub(super) fn append(&self, more: Vec<Vec<u8>>) -> Option<Self> {
        let mut blocks: Vec<Block> = (0..self.len()).map(|index| self.block(index)).collect::<Option<_>>()?;
        blocks.extend(more.into_iter().map(Block::new));
        Some(Self::Memory(blocks))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Memory(blocks) => blocks.len(),
            Self::File { extents, .. } => extents.len(),
        }
    }

    /// Length and checksum of every block, without reading any.
    pub(super) fn checksums(&self) -> Vec<(u64, u64)> {
        match self {
            Self::Memory(blocks) => blocks.iter().map(|block| (block.bytes.len() as u64, block.checksum)).collect(),
            Self::File { extents, .. } => {
                extents.iter().map(|extent| (extent.length as u64, extent.checksum)).collect()
            }
        }
    }

    /// Reads a block; `None` if it does not exist or is damaged.
    pub(super) fn block(&self, index: usize) -> Option<Block> {
        match self {
            Self::Memory(blocks) => blocks.get(index).cloned(),
            Self::File { file, extents, .. } => {
                let extent = extents.get(index)?;
                let block = Block::new(read(file, extent).ok()?);
                (block.checksum == extent.checksum).then_some(block)
            }
        }
    }
}

fn read(file: &Shared, extent: &BlockExtent) -> io::Result<Vec<u8>> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(extent.offset))?;
    // Extents end within the file, so this allocates no more than its size.
    let mut block = vec![0; extent.length];
    file.read_exact(&mut block)?;
    Ok(block)
}

impl fmt::Debug for BlockStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} blocks", self.len())
    }
}
