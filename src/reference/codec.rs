//! A reference as bytes of one file, and back: versioned, checked, and never half-believed.
//!
//! `VIGIEREF`, version, length and checksum of the core, the core (zstd: header as JSON, then per
//! feature edges, counts, sums, levels), then the value blocks, each with a checksum in the core. Opening a file reads
//! and checks the core alone; a block is read and checked when its values are asked for.

use std::{
    borrow::Cow,
    io::{Cursor, Read, Seek},
};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Contribution, Contributions, Provenance, Reference,
    bytes::{Numbers, Reader, Writer, unpacked},
    reference::damaged,
    segments::Stored,
    shelf::{Bytes, Shelf},
    workers::on_cores,
};
use crate::{
    fault::{Fault, Outcome},
    layout::{Cells, Column, Feature, Kind, Layout, Levels, Precision, Shape},
    profile::{CellCounts, Counts, LevelCounts, Moments, Profile},
};

const MAGIC: &[u8; 8] = b"VIGIEREF";
/// Raised when older versions of vigie can no longer read what is written.
const VERSION: u32 = 2;
/// What is read.
const READ: std::ops::RangeInclusive<u32> = 1..=VERSION;
/// Higher levels take thirty times as long for a fifth of the room.
const LEVEL: i32 = 3;

#[derive(Serialize, Deserialize)]
struct Header {
    provenance: Provenance,
    precision: Precision,
    columns: Vec<Column>,
    importance: Vec<Option<f64>>,
    has_score: bool,
    rows: u64,
    /// Rows that a model has explained: then each feature's contributions follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_explained: Option<u64>,
    /// Rows that came true, and that did not: then the last two blocks are their scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_by_outcome: Option<(u64, u64)>,
    /// Segments that were learnt as well: then two blocks of each come last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<Stored>,
    /// Length and checksum of each value block.
    blocks: Vec<(u64, u64)>,
}

impl Reference {
    /// The bytes of the file; the same reference makes the same bytes. `None` when it was read from a file whose value
    /// blocks are damaged.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        Some(self.to_pieces()?.concat())
    }

    /// The same bytes in pieces that follow each other: blocks that are in memory stay where they are.
    #[must_use]
    pub fn to_pieces(&self) -> Option<Vec<Cow<'_, [u8]>>> {
        let blocks: Vec<Cow<'_, [u8]>> =
            (0..self.shelf().len()).map(|number| self.shelf().block(number)).collect::<Option<_>>()?;
        let header = Header {
            provenance: self.provenance().clone(),
            precision: self.layout().precision(),
            columns: self.layout().columns(),
            importance: self.importance().to_vec(),
            has_score: self.layout().score().is_some(),
            rows: self.profile().rows(),
            rows_explained: self.contributions().map(|contributions| contributions.rows),
            rows_by_outcome: self.rows_by_outcome(),
            segments: self.stored_segments().cloned(),
            blocks: blocks.iter().map(|block| (block.len() as u64, xxh3_64(block))).collect(),
        };
        let mut core = Writer::default();
        core.text(&serde_json::to_string(&header).unwrap_or_default());
        for (feature, counts) in self.layout().features().iter().zip(self.profile().features()) {
            match (&feature.shape, counts) {
                (Shape::Numeric(cells), Counts::Numeric(counts)) => write_cells(&mut core, cells, counts),
                (Shape::Categorical(levels), Counts::Categorical(counts)) => {
                    core.integer(levels.names().len() as u64);
                    levels.names().iter().for_each(|name| core.text(name));
                    core.integers(counts.levels());
                    core.integer(counts.missing());
                }
                _ => debug_assert!(false, "layout and profile disagree on {}", feature.name),
            }
        }
        if let (Some(cells), Some(counts)) = (self.layout().score(), self.profile().score()) {
            write_cells(&mut core, cells, counts);
        }
        for feature in self.contributions().into_iter().flat_map(|contributions| &contributions.features) {
            write_cells(&mut core, &feature.cells, &feature.counts);
            core.number(feature.mean_abs);
        }
        let core = zstd::bulk::compress(&core.0, LEVEL).unwrap_or_default();
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&VERSION.to_le_bytes());
        file.extend_from_slice(&(core.len() as u64).to_le_bytes());
        file.extend_from_slice(&xxh3_64(&core).to_le_bytes());
        file.extend_from_slice(&core);
        Some([Cow::Owned(file)].into_iter().chain(blocks).collect())
    }

    /// Reads a file's bytes, all of them; `name` is for the operator.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Outcome<Self> {
        let reference = Self::open(name, Box::new(Cursor::new(bytes.to_vec())))?;
        let is_whole = (0..reference.shelf().len()).all(|number| reference.shelf().block(number).is_some());
        if is_whole { Ok(reference) } else { Err(cut(name)) }
    }

    /// Reads what every run needs of a file, and leaves the values where they are until they are asked for.
    pub fn open(name: &str, mut file: Box<dyn Bytes>) -> Outcome<Self> {
        let cut = || cut(name);
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != *MAGIC {
            return Err(Fault::setup(format!("{name} is not a reference of vigie; {AGAIN}")));
        }
        let mut head = [0; 20];
        file.read_exact(&mut head).map_err(|_| cut())?;
        let mut reader = Reader(&head);
        let mut fixed = |count| reader.take(count).ok_or_else(cut);
        let version = u32::from_le_bytes(fixed(4)?.try_into().map_err(|_| cut())?);
        if !READ.contains(&version) {
            return Err(Fault::setup(format!(
                "{name} is a reference of format {version}, this vigie reads format {VERSION}; {AGAIN}"
            )));
        }
        let length = u64::from_le_bytes(fixed(8)?.try_into().map_err(|_| cut())?);
        let checksum = u64::from_le_bytes(fixed(8)?.try_into().map_err(|_| cut())?);
        // Read as far as the file goes: a length that lies must not fill the memory.
        let mut core = Vec::new();
        file.by_ref().take(length).read_to_end(&mut core).map_err(|_| cut())?;
        if core.len() as u64 != length || xxh3_64(&core) != checksum {
            return Err(cut());
        }
        let core = unpacked(&core).ok_or_else(cut)?;
        let at = file.stream_position().map_err(|_| cut())?;
        read(&core, |blocks| Shelf::away(name, file, at, blocks)).ok_or_else(cut)
    }
}

const AGAIN: &str = "learn it again with `vigie learn`";

fn cut(name: &str) -> Fault {
    Fault::setup(damaged(name))
}

fn write_cells(core: &mut Writer, cells: &Cells, counts: &CellCounts) {
    core.numbers(cells.edges());
    core.numbers(cells.atoms());
    core.numbers(cells.cuts());
    write_counts(core, counts);
}

/// Counts on cells that stand elsewhere.
pub(super) fn write_counts(core: &mut Writer, counts: &CellCounts) {
    core.integers(counts.cells());
    core.integer(counts.missing());
    let (count, sum, squares, beyond) = counts.moments().parts();
    core.integer(count);
    core.wide(sum);
    core.wide(squares);
    core.integer(beyond);
    let range = counts.range();
    core.integer(u64::from(range.is_some()));
    if let Some((least, greatest)) = range {
        core.number(least);
        core.number(greatest);
    }
}

/// Cells that have not been made of their edges yet, and what was counted in them.
struct Outline<'a> {
    edges: Numbers<'a>,
    atoms: Numbers<'a>,
    cuts: Numbers<'a>,
    counts: CellCounts,
}

impl Outline<'_> {
    fn cells(&self) -> Cells {
        Cells::from_parts(self.edges.to_vec(), self.atoms.to_vec(), self.cuts.to_vec())
    }
}

fn read_outline<'a>(core: &mut Reader<'a>) -> Option<Outline<'a>> {
    let (edges, atoms, cuts) = (core.numbers()?, core.numbers()?, core.numbers()?);
    let counts = read_counts(core, edges.len() + 1)?;
    Some(Outline { edges, atoms, cuts, counts })
}

/// Counts of so many cells.
pub(super) fn read_counts(core: &mut Reader<'_>, cells: usize) -> Option<CellCounts> {
    let counts = core.integers()?;
    let missing = core.integer()?;
    let moments = Moments::from_parts((core.integer()?, core.wide()?, core.wide()?, core.integer()?));
    let range = match core.integer()? {
        0 => None,
        _ => Some((core.number()?, core.number()?)),
    };
    (counts.len() == cells).then(|| CellCounts::from_parts(counts, missing, moments, range))
}

/// A feature as it is read; cells take the longest, and are made last, by all cores.
enum Draft<'a> {
    Numeric(Outline<'a>),
    Categorical(Levels, LevelCounts),
}

fn read_feature<'a>(core: &mut Reader<'a>, kind: Kind) -> Option<Draft<'a>> {
    if kind == Kind::Numeric {
        return Some(Draft::Numeric(read_outline(core)?));
    }
    let names = core.count(1)?;
    let names = (0..names).map(|_| core.text()).collect::<Option<Vec<_>>>()?;
    let counts = core.integers()?;
    if counts.len() != names.len() {
        return None;
    }
    let counts = LevelCounts::from_parts(counts, core.integer()?);
    Some(Draft::Categorical(Levels::new(names), counts))
}

fn read(core: &[u8], shelf: impl FnOnce(&[(u64, u64)]) -> Option<Shelf>) -> Option<Reference> {
    let mut core = Reader(core);
    let header: Header = serde_json::from_str(&core.text()?).ok()?;
    let drafts =
        header.columns.iter().map(|column| read_feature(&mut core, column.kind)).collect::<Option<Vec<_>>>()?;
    let score = if header.has_score { Some(read_outline(&mut core)?) } else { None };
    let explained = match (header.rows_explained, &header.provenance.model) {
        (Some(rows), Some(model)) => {
            let one = |_| Some((read_outline(&mut core)?, core.number()?));
            Some((rows, model.sha256.clone(), drafts.iter().map(one).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    };
    let outlines: Vec<&Outline> = drafts
        .iter()
        .filter_map(|draft| match draft {
            Draft::Numeric(outline) => Some(outline),
            Draft::Categorical(..) => None,
        })
        .chain(&score)
        .chain(explained.iter().flat_map(|(_, _, outlines)| outlines.iter().map(|(outline, _)| outline)))
        .collect();
    // In that order.
    let mut cells = on_cores(outlines.len(), 8, &|number| outlines.get(number).map(|outline| outline.cells()))
        .into_iter()
        .flatten();
    let mut features = Vec::with_capacity(header.columns.len());
    let mut all_counts = Vec::with_capacity(header.columns.len());
    for (column, draft) in header.columns.into_iter().zip(drafts) {
        let (shape, counts) = match draft {
            Draft::Numeric(outline) => (Shape::Numeric(cells.next()?), Counts::Numeric(outline.counts)),
            Draft::Categorical(levels, counts) => (Shape::Categorical(levels), Counts::Categorical(counts)),
        };
        features.push(Feature { name: column.name, shape });
        all_counts.push(counts);
    }
    let score = match score {
        Some(outline) => Some((cells.next()?, outline.counts)),
        None => None,
    };
    let contributions = match explained {
        Some((rows, model_sha256, outlines)) => {
            let mut one = |(outline, mean_abs): (Outline<'_>, f64)| {
                Some(Contribution { cells: cells.next()?, counts: outline.counts, mean_abs })
            };
            Some(Contributions {
                model_sha256,
                rows,
                features: outlines.into_iter().map(&mut one).collect::<Option<_>>()?,
            })
        }
        None => None,
    };
    let (cells, counts) = score.unzip();
    let layout = Layout::new(header.precision, features, cells);
    let profile = Profile::from_parts(&layout, header.rows, all_counts, counts);
    let shelf = shelf(&header.blocks)?;
    let mut reference = Reference::new(layout, profile, header.provenance, header.importance, shelf);
    if let Some(rows) = header.rows_by_outcome {
        reference = reference.with_outcomes(rows);
    }
    if let Some(stored) = header.segments {
        reference = reference.with_stored_segments(stored);
    }
    Some(match contributions {
        Some(contributions) => reference.with_contributions(contributions),
        None => reference,
    })
}
