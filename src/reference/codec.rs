//! A reference as bytes of one file, and back: versioned, checked, and never half-believed.
//!
//! `VIGIEREF`, version, place, length and checksum of the core, then the value blocks, each with a checksum in the core, then
//! the core (zstd: header as JSON, then per feature edges, counts, sums, levels). So blocks can be written while others are
//! packed. Opening a file reads and checks the core alone; a block is read and checked when its values are asked for.
//! Up to version 2 the core stood before the blocks.

use std::io::{Cursor, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use vigie_profile::{
    layout::{Cells, Column, Feature, Kind, Layout, Levels, Precision, Shape},
    profile::{CellCounts, Counts, LevelCounts, Moments, Profile},
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Contribution, Contributions, Provenance, Reference,
    bytes::{Numbers, Reader, Writer, unpacked},
    reference::damaged,
    segments::Stored,
    shelf::{Block, Bytes, Shelf},
    workers::on_cores,
};
use crate::fault::{Fault, Result};

const MAGIC: &[u8; 8] = b"VIGIEREF";
/// Raised when older versions of vigie can no longer read what is written.
const VERSION: u32 = 3;
/// What is read.
const READ: std::ops::RangeInclusive<u32> = 1..=VERSION;
/// The last whose core stood before its blocks.
const CORE_FIRST: u32 = 2;
/// Bytes before the first block: magic, version, and place, length and checksum of the core.
pub const HEAD: usize = 36;
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

/// A file in the parts that follow each other.
pub struct Parts {
    /// [`HEAD`] bytes.
    pub head: Vec<u8>,
    pub blocks: Vec<Block>,
    pub core: Vec<u8>,
}

impl Reference {
    /// The bytes of the file; the same reference makes the same bytes. `None` when it was read from a file whose value
    /// blocks are damaged.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let Parts { head, blocks, core } = self.to_parts()?;
        let mut file = head;
        blocks.iter().for_each(|block| file.extend_from_slice(block.as_ref()));
        file.extend_from_slice(&core);
        Some(file)
    }

    /// The same in parts.
    #[must_use]
    pub fn to_parts(&self) -> Option<Parts> {
        let blocks: Vec<Block> =
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
            blocks: self.shelf().sums(),
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
        let at = HEAD + blocks.iter().map(|block| block.as_ref().len()).sum::<usize>();
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&VERSION.to_le_bytes());
        for number in [at as u64, core.len() as u64, xxh3_64(&core)] {
            head.extend_from_slice(&number.to_le_bytes());
        }
        Some(Parts { head, blocks, core })
    }

    /// Reads a file's bytes, all of them; `name` is for the operator.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let reference = Self::open(name, Box::new(Cursor::new(bytes.to_vec())))?;
        let is_whole = (0..reference.shelf().len()).all(|number| reference.shelf().block(number).is_some());
        if is_whole { Ok(reference) } else { Err(cut(name)) }
    }

    /// Reads what every run needs of a file, and leaves the values where they are until they are asked for.
    pub fn open(name: &str, mut file: Box<dyn Bytes>) -> Result<Self> {
        let cut = || cut(name);
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != *MAGIC {
            return Err(Fault::setup(format!("{name} is not a reference of vigie; {AGAIN}")));
        }
        let mut version = [0; 4];
        file.read_exact(&mut version).map_err(|_| cut())?;
        let version = u32::from_le_bytes(version);
        if !READ.contains(&version) {
            return Err(Fault::setup(format!(
                "{name} is a reference of format {version}, this vigie reads format {VERSION}; {AGAIN}"
            )));
        }
        let mut number = || {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes)).map_err(|_| cut())
        };
        let at = if version > CORE_FIRST { Some(number()?) } else { None };
        let (length, checksum) = (number()?, number()?);
        let here = file.stream_position().map_err(|_| cut())?;
        let at = file.seek(SeekFrom::Start(at.unwrap_or(here))).map_err(|_| cut())?;
        // Read as far as the file goes: a length that lies must not fill the memory.
        let mut core = Vec::new();
        file.by_ref().take(length).read_to_end(&mut core).map_err(|_| cut())?;
        if core.len() as u64 != length || xxh3_64(&core) != checksum {
            return Err(cut());
        }
        let core = unpacked(&core).ok_or_else(cut)?;
        let end = file.seek(SeekFrom::End(0)).map_err(|_| cut())?;
        let after = at.saturating_add(length);
        let within = if version > CORE_FIRST { here..at } else { after..end };
        if version > CORE_FIRST && after != end {
            return Err(cut());
        }
        read(&core, |blocks| Shelf::away(name, file, within, blocks)).ok_or_else(cut)
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

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;
    use crate::reference::{Choice, Training, TrainingColumn, Values, learn};

    #[test]
    fn a_file_whose_core_stands_first_is_still_read() {
        let column = |name: &str, factor: f64| TrainingColumn {
            name: name.to_owned(),
            values: Values::Numbers((0..500).map(|row| f64::from(row) * factor).collect()),
            is_single: false,
            is_typed: true,
        };
        let training = Training { rows: 500, columns: vec![column("a", 0.37), column("p", 0.001)] };
        let choice = Choice { probability: Some("p".to_owned()), ..Choice::default() };
        let provenance = Provenance {
            created_at: Instant(0),
            vigie_version: "0.1.0".to_owned(),
            rows: 500,
            columns: 2,
            files: Vec::new(),
            holdout: crate::reference::Holdout::Unknown,
            target: None,
            probability: None,
            reduced: false,
            model: None,
        };
        let learnt = learn(&training, &choice, provenance, &mut |_, _| {}).unwrap().reference;
        let Parts { blocks, core, .. } = learnt.to_parts().unwrap();
        let mut former = MAGIC.to_vec();
        former.extend_from_slice(&CORE_FIRST.to_le_bytes());
        former.extend_from_slice(&(core.len() as u64).to_le_bytes());
        former.extend_from_slice(&xxh3_64(&core).to_le_bytes());
        former.extend_from_slice(&core);
        blocks.iter().for_each(|block| former.extend_from_slice(block.as_ref()));
        let read = Reference::from_bytes("former", &former).unwrap();
        assert_eq!(read.id(), learnt.id());
        assert_eq!(read.values(0), learnt.values(0));
        assert_eq!(read.to_bytes(), learnt.to_bytes());
        for end in [former.len() - 1, 40, 12] {
            assert!(Reference::from_bytes("former", &former[..end]).is_err());
        }
        let now = learnt.to_bytes().unwrap();
        for end in [now.len() - 1, 40, 12] {
            assert!(Reference::from_bytes("now", &now[..end]).is_err());
        }
    }
}
