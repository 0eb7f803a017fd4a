//! The reference file format: versioned and checksummed.
//!
//! A file consists of `VIGIEREF`, version, offset, length and checksum of the core, then the value blocks, then the core (zstd:
//! header as JSON, then edges, counts, sums and levels of each feature, contributions, relations; the header has the checksum of
//! each block). This lets
//! blocks be written while others are packed. Opening a file reads and checks only the core; blocks are read and checked when
//! their values are needed. Up to version 2 the core came before the blocks.

use std::io::{Cursor, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use vigie_profile::{
    layout::{Cells, Column, Feature, Kind, Layout, Levels, Precision, Shape},
    profile::{CellCounts, Counts, LevelCounts, Profile},
    stored::{are_rows, read_cell_counts, write_cell_counts},
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Contribution, Contributions, FeatureDescription, Provenance, Reference, Relations,
    block_store::{Block, BlockStore, ReadSeek},
    bytes::{Numbers, Reader, Writer, decompress},
    dictionary::are_descriptions,
    reference::damaged_message,
    stored_segments::StoredSegments,
    validity::{are_cells, are_levels},
    workers::map_on_cores,
};
use crate::fault::{Fault, Result};

const MAGIC: &[u8; 8] = b"VIGIEREF";
/// Increased when older versions of vigie can no longer read new files.
const VERSION: u32 = 3;
/// Supported versions.
const SUPPORTED: std::ops::RangeInclusive<u32> = 1..=VERSION;
/// Last version with the core before the blocks.
const CORE_FIRST: u32 = 2;
/// Length of the file head in bytes: magic, version, and offset, length and checksum of the core.
pub const HEAD: usize = 36;
/// Higher levels take thirty times as long and save a fifth of the size.
const LEVEL: i32 = 3;

#[derive(Serialize, Deserialize)]
struct Header {
    provenance: Provenance,
    precision: Precision,
    columns: Vec<Column>,
    importance: Vec<Option<f64>>,
    has_score: bool,
    rows: u64,
    /// Number of rows explained by a model; if set, the contributions of each feature follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_explained: Option<u64>,
    /// What contributions to a linear model are differences from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    background: Vec<f64>,
    /// Numbers of positive and negative rows; if set, two blocks with their scores follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_by_outcome: Option<(u64, u64)>,
    /// Segments; if set, two blocks for each follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<StoredSegments>,
    /// Number of rows from which relations between features were learnt; if set, they end the core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_related: Option<u64>,
    /// Index of the block with the leaves of the rows, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaf_block: Option<usize>,
    /// What a data dictionary says about each feature; none in files of earlier versions, which ignore it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    descriptions: Vec<Option<FeatureDescription>>,
    /// Length and checksum of each value block.
    blocks: Vec<(u64, u64)>,
}

/// The parts of a file, in order.
pub struct Parts {
    /// [`HEAD`] bytes.
    pub head: Vec<u8>,
    pub blocks: Vec<Block>,
    pub core: Vec<u8>,
}

impl Reference {
    /// Serialises the reference. The same reference always yields the same bytes. `None` if it was read from a file whose
    /// value blocks are damaged.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let Parts { head, blocks, core } = self.to_parts()?;
        let mut file = head;
        blocks.iter().for_each(|block| file.extend_from_slice(block.as_ref()));
        file.extend_from_slice(&core);
        Some(file)
    }

    /// Like [`Self::to_bytes`], in parts.
    #[must_use]
    pub fn to_parts(&self) -> Option<Parts> {
        let blocks: Vec<Block> =
            (0..self.block_store().len()).map(|index| self.block_store().block(index)).collect::<Option<_>>()?;
        let header = Header {
            provenance: self.provenance().clone(),
            precision: self.layout().precision(),
            columns: self.layout().columns(),
            importance: self.importance().to_vec(),
            has_score: self.layout().score().is_some(),
            rows: self.profile().rows(),
            rows_explained: self.contributions().map(|contributions| contributions.rows),
            background: self.contributions().map_or_else(Vec::new, |contributions| contributions.background.clone()),
            rows_by_outcome: self.rows_by_outcome(),
            segments: self.stored_segments().cloned(),
            rows_related: self.relations().map(Relations::rows),
            leaf_block: self.leaf_block(),
            descriptions: self.descriptions().to_vec(),
            blocks: self.block_store().checksums(),
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
        if let Some(relations) = self.relations() {
            relations.write(&mut core);
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

    /// Reads a whole file; `name` is used in messages.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let reference = Self::open(name, Box::new(Cursor::new(bytes.to_vec())))?;
        let is_whole = (0..reference.block_store().len()).all(|index| reference.block_store().block(index).is_some());
        if is_whole { Ok(reference) } else { Err(damaged_fault(name)) }
    }

    /// Opens a file, reading only the core; values are read from the file when needed.
    pub fn open(name: &str, mut file: Box<dyn ReadSeek>) -> Result<Self> {
        let damaged = || damaged_fault(name);
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != *MAGIC {
            return Err(Fault::setup(format!("{name} is not a vigie reference; {RELEARN}")));
        }
        let mut version = [0; 4];
        file.read_exact(&mut version).map_err(|_| damaged())?;
        let version = u32::from_le_bytes(version);
        if !SUPPORTED.contains(&version) {
            return Err(Fault::setup(format!(
                "{name} has format version {version}, but this version of vigie reads {VERSION}; {RELEARN}"
            )));
        }
        let mut number = || {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes)).map_err(|_| damaged())
        };
        let at = if version > CORE_FIRST { Some(number()?) } else { None };
        let (length, checksum) = (number()?, number()?);
        let here = file.stream_position().map_err(|_| damaged())?;
        let at = file.seek(SeekFrom::Start(at.unwrap_or(here))).map_err(|_| damaged())?;
        // Read at most to the end of the file, so that a false length cannot exhaust memory.
        let mut core = Vec::new();
        file.by_ref().take(length).read_to_end(&mut core).map_err(|_| damaged())?;
        if core.len() as u64 != length || xxh3_64(&core) != checksum {
            return Err(damaged());
        }
        let core = decompress(&core).ok_or_else(damaged)?;
        let end = file.seek(SeekFrom::End(0)).map_err(|_| damaged())?;
        let after = at.saturating_add(length);
        let within = if version > CORE_FIRST { here..at } else { after..end };
        if version > CORE_FIRST && after != end {
            return Err(damaged());
        }
        read(&core, |blocks| BlockStore::in_file(name, file, within, blocks)).ok_or_else(damaged)
    }
}

const RELEARN: &str = "create it again with `vigie learn`";

fn damaged_fault(name: &str) -> Fault {
    Fault::setup(damaged_message(name))
}

fn write_cells(core: &mut Writer, cells: &Cells, counts: &CellCounts) {
    core.numbers(cells.edges());
    core.numbers(cells.atoms());
    core.numbers(cells.cuts());
    write_cell_counts(core, counts);
}

/// Encoded cells and their counts.
struct Outline<'a> {
    edges: Numbers<'a>,
    atoms: Numbers<'a>,
    cuts: Numbers<'a>,
    counts: CellCounts,
}

impl Outline<'_> {
    /// `None` if they cannot be cells.
    fn cells(&self) -> Option<Cells> {
        let (edges, atoms, cuts) = (self.edges.to_vec(), self.atoms.to_vec(), self.cuts.to_vec());
        are_cells(&edges, &atoms, &cuts).then(|| Cells::from_parts(edges, atoms, cuts))
    }
}

fn read_outline<'a>(core: &mut Reader<'a>) -> Option<Outline<'a>> {
    let (edges, atoms, cuts) = (core.numbers()?, core.numbers()?, core.numbers()?);
    let counts = read_cell_counts(core, edges.len() + 1)?;
    Some(Outline { edges, atoms, cuts, counts })
}

/// A partially decoded feature; building its cells takes longest and is done last, on all cores.
enum FeatureDraft<'a> {
    Numeric(Outline<'a>),
    Categorical(Levels, LevelCounts),
}

fn read_feature<'a>(core: &mut Reader<'a>, kind: Kind) -> Option<FeatureDraft<'a>> {
    if kind == Kind::Numeric {
        return Some(FeatureDraft::Numeric(read_outline(core)?));
    }
    let names = core.count(1)?;
    let names = (0..names).map(|_| core.text()).collect::<Option<Vec<_>>>()?;
    let (counts, missing) = (core.integers()?, core.integer()?);
    if !are_levels(&names, &counts, missing) {
        return None;
    }
    let counts = LevelCounts::from_parts(counts, missing);
    Some(FeatureDraft::Categorical(Levels::new(names), counts))
}

/// Returns whether the numbers in the header are possible.
fn is_header(header: &Header) -> bool {
    let (outcomes, segments) = (header.rows_by_outcome.iter(), header.segments.iter());
    let mut rows =
        [header.rows, header.provenance.rows].into_iter().chain(header.rows_explained).chain(header.rows_related);
    let by_outcome = outcomes.flat_map(|(positive, negative)| [*positive, *negative]);
    let in_segments = segments.flat_map(|stored| stored.segments.iter().map(|(_, rows)| *rows));
    rows.all(are_rows)
        && by_outcome.chain(in_segments).all(are_rows)
        && are_descriptions(&header.descriptions, header.columns.len())
        && (header.importance.is_empty() || header.importance.len() == header.columns.len())
}

fn read(core: &[u8], open_blocks: impl FnOnce(&[(u64, u64)]) -> Option<BlockStore>) -> Option<Reference> {
    let mut core = Reader(core);
    let header: Header = serde_json::from_str(&core.text()?).ok()?;
    if !is_header(&header) {
        return None;
    }
    let drafts =
        header.columns.iter().map(|column| read_feature(&mut core, column.kind)).collect::<Option<Vec<_>>>()?;
    let score = if header.has_score { Some(read_outline(&mut core)?) } else { None };
    let explained = match (header.rows_explained, &header.provenance.model) {
        (Some(rows), Some(model)) => {
            let one = |_| {
                let outline = read_outline(&mut core)?;
                let mean_abs = core.number().filter(|mean| mean.is_finite() && *mean >= 0.0)?;
                Some((outline, mean_abs))
            };
            Some((rows, model.sha256.clone(), drafts.iter().map(one).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    };
    let relations = match header.rows_related {
        Some(rows) => Some(Relations::read(&mut core, rows, header.columns.len())?),
        None => None,
    };
    let outlines: Vec<&Outline> = drafts
        .iter()
        .filter_map(|draft| match draft {
            FeatureDraft::Numeric(outline) => Some(outline),
            FeatureDraft::Categorical(..) => None,
        })
        .chain(&score)
        .chain(explained.iter().flat_map(|(_, _, outlines)| outlines.iter().map(|(outline, _)| outline)))
        .collect();
    // In the same order.
    let mut cells = map_on_cores(outlines.len(), 8, &|index| outlines.get(index).map(|outline| outline.cells()))
        .into_iter()
        .flatten()
        .collect::<Option<Vec<Cells>>>()?
        .into_iter();
    let mut features = Vec::with_capacity(header.columns.len());
    let mut all_counts = Vec::with_capacity(header.columns.len());
    for (column, draft) in header.columns.into_iter().zip(drafts) {
        let (shape, counts) = match draft {
            FeatureDraft::Numeric(outline) => (Shape::Numeric(cells.next()?), Counts::Numeric(outline.counts)),
            FeatureDraft::Categorical(levels, counts) => (Shape::Categorical(levels), Counts::Categorical(counts)),
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
                background: header.background,
            })
        }
        None => None,
    };
    let (cells, counts) = score.unzip();
    let layout = Layout::new(header.precision, features, cells);
    let profile = Profile::from_parts(&layout, header.rows, all_counts, counts);
    let block_store = open_blocks(&header.blocks)?;
    let mut reference = Reference::new(layout, profile, header.provenance, header.importance, block_store);
    if let Some(rows) = header.rows_by_outcome {
        reference = reference.with_outcomes(rows);
    }
    if let Some(stored) = header.segments {
        reference = reference.with_stored_segments(stored);
    }
    if let Some(relations) = relations {
        reference = reference.with_relations(relations);
    }
    if let Some(index) = header.leaf_block {
        reference = reference.with_leaf_block_at(index);
    }
    reference = reference.with_descriptions(header.descriptions);
    Some(match contributions {
        Some(contributions) => reference.with_contributions(contributions),
        None => reference,
    })
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;
    use crate::reference::{ColumnRoles, Training, TrainingColumn, TrainingValues, learn};

    fn learnt() -> Reference {
        let column = |name: &str, factor: f64| TrainingColumn {
            name: name.to_owned(),
            values: TrainingValues::Numbers((0..500).map(|row| f64::from(row) * factor).collect()),
            is_single: false,
            is_typed: true,
        };
        let training =
            Training { name: "a.csv".to_owned(), rows: 500, columns: vec![column("a", 0.37), column("p", 0.001)] };
        let roles = ColumnRoles { probability: Some("p".to_owned()), ..ColumnRoles::default() };
        let provenance = Provenance {
            created_at: Instant(0),
            vigie_version: "0.1.0".to_owned(),
            rows: 500,
            columns: 2,
            files: Vec::new(),
            holdout: crate::reference::Holdout::Unknown,
            target: None,
            probability: None,
            prediction: None,
            reduced: false,
            model: None,
        };
        learn(&training, &roles, provenance, &mut |_, _| {}).unwrap().reference
    }

    #[test]
    fn files_of_version_2_are_still_read() {
        let learnt = learnt();
        let Parts { blocks, core, .. } = learnt.to_parts().unwrap();
        let mut old = MAGIC.to_vec();
        old.extend_from_slice(&CORE_FIRST.to_le_bytes());
        old.extend_from_slice(&(core.len() as u64).to_le_bytes());
        old.extend_from_slice(&xxh3_64(&core).to_le_bytes());
        old.extend_from_slice(&core);
        blocks.iter().for_each(|block| old.extend_from_slice(block.as_ref()));
        let read = Reference::from_bytes("old", &old).unwrap();
        assert_eq!(read.id(), learnt.id());
        assert_eq!(read.values(0), learnt.values(0));
        assert_eq!(read.to_bytes(), learnt.to_bytes());
        assert_eq!(read.relations(), learnt.relations());
        assert!(read.relations().is_some_and(|relations| relations.rows() == 500));
        for end in [old.len() - 1, 40, 12] {
            assert!(Reference::from_bytes("old", &old[..end]).is_err());
        }
        let now = learnt.to_bytes().unwrap();
        for end in [now.len() - 1, 40, 12] {
            assert!(Reference::from_bytes("now", &now[..end]).is_err());
        }
    }

    #[test]
    fn a_dictionary_is_part_of_the_file_and_changes_nothing_else() {
        let plain = learnt();
        let described = FeatureDescription::new("Age of the client.", Some("years"), Some("application")).unwrap();
        let with = plain.clone().with_dictionary(vec![Some(described.clone())]);
        let read = Reference::from_bytes("with", &with.to_bytes().unwrap()).unwrap();
        assert_eq!(read.description(0), Some(&described));
        assert_eq!(read.description(1), None);
        assert_eq!(read.id(), plain.id());
        assert_eq!(read.relations(), plain.relations());
        assert_eq!(read.values(0), plain.values(0));
        // Without any entry, the file is as before.
        assert_eq!(plain.clone().with_dictionary(vec![None]).to_bytes(), plain.to_bytes());
        let none = Reference::from_bytes("plain", &plain.to_bytes().unwrap()).unwrap();
        assert!(none.descriptions().is_empty());
    }

    #[test]
    fn a_dictionary_that_learn_would_not_write_is_damage() {
        let described = FeatureDescription { sentence: "a".repeat(501), unit: None, table: None };
        let entries = [vec![Some(described.clone())], vec![None, None]];
        for descriptions in entries {
            let bytes = learnt().with_descriptions(descriptions).to_bytes().unwrap();
            assert!(Reference::from_bytes("damaged", &bytes).is_err());
        }
    }
}
