//! Where a reference's value blocks lie: in memory when they were just learnt, else in the file, each read when asked for.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use xxhash_rust::xxh3::xxh3_64;

/// The bytes of a reference file, read by place.
pub trait Bytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> Bytes for T {}

type Shared = Arc<Mutex<Box<dyn Bytes>>>;

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
    Held(Vec<Vec<u8>>),
    Away { name: String, file: Shared, places: Vec<Place> },
}

impl Shelf {
    /// Blocks of these lengths and checksums, one after the other from `at` on, that end where the file does.
    pub fn away(name: &str, mut file: Box<dyn Bytes>, at: u64, blocks: &[(u64, u64)]) -> Option<Self> {
        let mut next = at;
        let mut places = Vec::with_capacity(blocks.len());
        for &(length, checksum) in blocks {
            places.push(Place { at: next, length: usize::try_from(length).ok()?, checksum });
            next = next.checked_add(length)?;
        }
        let end = file.seek(SeekFrom::End(0)).ok()?;
        (end == next).then(|| Self::Away { name: name.to_owned(), file: Arc::new(Mutex::new(file)), places })
    }

    /// The file's, for the operator.
    pub fn name(&self) -> &str {
        match self {
            Self::Held(_) => "what was just learnt",
            Self::Away { name, .. } => name,
        }
    }

    /// With more blocks after its own; `None` where those cannot be read.
    pub fn with(&self, more: Vec<Vec<u8>>) -> Option<Self> {
        let mut blocks: Vec<Vec<u8>> = (0..self.len()).map(|number| self.block(number)).collect::<Option<_>>()?;
        blocks.extend(more);
        Some(Self::Held(blocks))
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Held(blocks) => blocks.len(),
            Self::Away { places, .. } => places.len(),
        }
    }

    /// Length and checksum of every block, as the file's header has them: none is read for that.
    pub fn sums(&self) -> Vec<(u64, u64)> {
        match self {
            Self::Held(blocks) => blocks.iter().map(|block| (block.len() as u64, xxh3_64(block))).collect(),
            Self::Away { places, .. } => places.iter().map(|place| (place.length as u64, place.checksum)).collect(),
        }
    }

    /// `None`: there is no such block, or it is not what was written.
    pub fn block(&self, number: usize) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Held(blocks) => blocks.get(number).map(|block| Cow::Borrowed(block.as_slice())),
            Self::Away { file, places, .. } => {
                let place = places.get(number)?;
                let block = read(file, place).ok()?;
                (xxh3_64(&block) == place.checksum).then_some(Cow::Owned(block))
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
