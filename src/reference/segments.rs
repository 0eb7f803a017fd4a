//! The reference rows of each segment, counted like a window's: the baseline for that segment.
//!
//! Cells and levels are those of all rows; the layout does not depend on segments. Each segment has two blocks after all
//! others: its counts and its distinct scores.

use vigie_profile::{
    batch::Rows,
    layout::{Layout, Precision, Shape},
    profile::{Counts, LevelCounts, Profile},
    segment::{SegmentTally, Segments},
    stored::{read_cell_counts, write_cell_counts},
};

use super::{
    Reference, blocks,
    bytes::{Reader, Writer, decompress},
    stored_segments::StoredSegments,
    validity::are_levels,
};
use crate::fault::{Fault, Result};

/// The reference rows of a segment.
#[derive(Debug, Clone)]
pub struct ReferenceSegment {
    /// Counts on [`Segments::layout`].
    pub profile: Profile,
    /// Distinct scores, ascending, with counts.
    pub scores: Vec<(f64, u64)>,
}

impl Reference {
    /// Layout positions of the features counted within segments. Empty if no segments were learnt.
    #[must_use]
    pub fn features_within_segments(&self) -> Vec<usize> {
        let names = self.stored_segments().map_or(&[][..], |stored| &stored.features);
        let position = |name: &String| self.layout().features().iter().position(|feature| feature.name == *name);
        names.iter().filter_map(position).collect()
    }

    /// Returns whether segments were learnt.
    #[must_use]
    pub fn has_segments(&self) -> bool {
        self.stored_segments().is_some()
    }

    /// Adds the counts of each segment; `rows` must have the columns of [`Segments::columns`].
    pub fn with_segment_rows(self, segments: &Segments, rows: &Rows) -> Result<Self> {
        let mut tally = SegmentTally::empty(segments, true);
        tally.observe(rows, segments, 1.0.into()).map_err(|error| Fault::setup(format!("segments: {error}")))?;
        let stored = StoredSegments {
            features: segments.layout().features().iter().map(|feature| feature.name.clone()).collect(),
            segments: segments
                .list()
                .iter()
                .zip(tally.profiles())
                .map(|(segment, profile)| (segment.definition.clone(), profile.rows()))
                .collect(),
        };
        let mut packed = Vec::new();
        for (profile, own) in tally.profiles().iter().zip(tally.scores()) {
            let own = own.iter().filter(|score| !score.is_nan());
            let mut scores: Vec<f64> = own.map(|score| score + 0.0).collect();
            scores.sort_unstable_by(f64::total_cmp);
            let distinct: Vec<(f64, u64)> = scores
                .chunk_by(|a, b| a.to_bits() == b.to_bits())
                .filter_map(|same| Some((*same.first()?, same.len() as u64)))
                .collect();
            packed.push(pack(profile));
            packed.push(blocks::pack(&distinct, Precision::F64));
        }
        let damaged = self.damaged_message();
        self.with_segments(stored, packed).ok_or_else(|| Fault::setup(damaged))
    }

    /// The reference rows of a segment; `None` if it was not learnt, an error if the file is damaged.
    pub fn segment(&self, definition: &str, layout: &Layout) -> Result<Option<ReferenceSegment>> {
        let Some(scores) = self.segment_scores(definition, layout)? else { return Ok(None) };
        let Some((block, rows)) = self.segment_block(definition, layout) else { return Ok(None) };
        let profile = self.block_store().block(block).and_then(|packed| unpack(packed.as_ref(), layout, rows));
        let profile = profile.ok_or_else(|| Fault::setup(self.damaged_message()))?;
        Ok(Some(ReferenceSegment { profile, scores }))
    }

    /// The distinct scores of a segment's reference rows, with counts.
    pub fn segment_scores(&self, definition: &str, layout: &Layout) -> Result<Option<Vec<(f64, u64)>>> {
        let Some((block, _)) = self.segment_block(definition, layout) else { return Ok(None) };
        let scores =
            self.block_store().block(block + 1).and_then(|packed| blocks::unpack(packed.as_ref(), Precision::F64));
        scores.map(Some).ok_or_else(|| Fault::setup(self.damaged_message()))
    }

    /// Index of a segment's first block, and its number of rows.
    fn segment_block(&self, definition: &str, layout: &Layout) -> Option<(usize, u64)> {
        let stored = self.stored_segments()?;
        let names = layout.features().iter().map(|feature| &feature.name);
        let index = stored.segments.iter().position(|(known, _)| known == definition);
        let index = index.filter(|_| names.eq(&stored.features))?;
        let after = self.layout().features().len() + 1 + if self.has_outcomes() { 2 } else { 0 };
        Some((after + 2 * index, stored.segments.get(index)?.1))
    }
}

fn pack(profile: &Profile) -> Vec<u8> {
    let mut out = Writer::default();
    for counts in profile.features() {
        match counts {
            Counts::Numeric(counts) => write_cell_counts(&mut out, counts),
            Counts::Categorical(counts) => {
                out.integers(counts.levels());
                out.integer(counts.missing());
            }
        }
    }
    if let Some(counts) = profile.score() {
        write_cell_counts(&mut out, counts);
    }
    zstd::bulk::compress(&out.0, 3).unwrap_or_default()
}

fn unpack(packed: &[u8], layout: &Layout, rows: u64) -> Option<Profile> {
    let bytes = decompress(packed)?;
    let mut reader = Reader(&bytes);
    let mut features = Vec::with_capacity(layout.features().len());
    for feature in layout.features() {
        features.push(match &feature.shape {
            Shape::Numeric(cells) => Counts::Numeric(read_cell_counts(&mut reader, cells.len())?),
            Shape::Categorical(levels) => {
                let counts = reader.integers()?;
                let missing = reader.integer()?;
                are_levels(levels.names(), &counts, missing)
                    .then(|| Counts::Categorical(LevelCounts::from_parts(counts, missing)))?
            }
        });
    }
    let score = match layout.score() {
        Some(cells) => Some(read_cell_counts(&mut reader, cells.len())?),
        None => None,
    };
    Some(Profile::from_parts(layout, rows, features, score))
}
