//! Where a reference's value blocks lie: in memory when they were just learnt, else in the file, each read when asked for.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use xxhash_rust::xxh3::xxh3_64;

/// The bytes of a reference file, read by place.
pub trait Bytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> Bytes for T {}

type Shared = Arc<Mutex<Box<dyn Bytes>>>;

/// Packed bytes that are in memory, and their checksum. A copy is the same bytes.
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

/// A block that is in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    at: u64,
    length: usize,
    checksum: u64,
}

/// Packed distinct values: one block a feature (empty for categorical ones), then the score.
#[derive(Clone)]
pub(super) enum Shelf {
    Held(Vec<Block>),
    Away { name: String, file: Shared, places: Vec<Place> },
}

impl Shelf {
    /// Blocks of these lengths and checksums, one after the other, that take up the whole of a stretch of the file.
    pub(super) fn away(name: &str, file: Box<dyn Bytes>, within: Range<u64>, blocks: &[(u64, u64)]) -> Option<Self> {
        let mut next = within.start;
        let mut places = Vec::with_capacity(blocks.len());
        for &(length, checksum) in blocks {
            places.push(Place { at: next, length: usize::try_from(length).ok()?, checksum });
            next = next.checked_add(length)?;
        }
        (next == within.end).then(|| Self::Away { name: name.to_owned(), file: Arc::new(Mutex::new(file)), places })
    }

    /// The file's, for the operator.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Held(_) => "what was just learnt",
            Self::Away { name, .. } => name,
        }
    }

    /// With more blocks after its own; `None` where those cannot be read.
    pub(super) fn with(&self, more: Vec<Vec<u8>>) -> Option<Self> {
        let mut blocks: Vec<Block> = (0..self.len()).map(|number| self.block(number)).collect::<Option<_>>()?;
        blocks.extend(more.into_iter().map(Block::new));
        Some(Self::Held(blocks))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Held(blocks) => blocks.len(),
            Self::Away { places, .. } => places.len(),
        }
    }

    /// Length and checksum of every block, as the file's header has them: none is read for that.
    pub(super) fn sums(&self) -> Vec<(u64, u64)> {
        match self {
            Self::Held(blocks) => blocks.iter().map(|block| (block.bytes.len() as u64, block.checksum)).collect(),
            Self::Away { places, .. } => places.iter().map(|place| (place.length as u64, place.checksum)).collect(),
        }
    }

    /// `None`: there is no such block, or it is not what was written.
    pub(super) fn block(&self, number: usize) -> Option<Block> {
        match self {
            Self::Held(blocks) => blocks.get(number).cloned(),
            Self::Away { file, places, .. } => {
                let place = places.get(number)?;
                let block = Block::new(read(file, place).ok()?);
                (block.checksum == place.checksum).then_some(block)
            }
        }
    }
}

fn read(file: &Shared, place: &Place) -> io::Result<Vec<u8>> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(place.at))?;
    // Places end where the file does, so this is no more than the file.
    let mut block = vec![0; place.length];
    file.read_exact(&mut block)?;
    Ok(block)
}

impl fmt::Debug for Shelf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} blocks", self.len())
    }
}
