//! The reference's own rows of each segment, counted as a window's are: what a segment is held against.
//!
//! Cells and levels stay those of all rows; the layout does not know of segments. Each segment has two blocks after all others:
//! its counts, and its distinct scores.

use serde::{Deserialize, Serialize};
use vigie_profile::{
    batch::Rows,
    layout::{Layout, Precision, Shape},
    profile::{Counts, LevelCounts, Profile},
    segment::{SegmentTally, Segments},
};

use super::{
    Reference, blocks,
    bytes::{Reader, Writer, unpacked},
    codec::{read_counts, write_counts},
};
use crate::fault::{Fault, Result};

/// What the head of the file says of segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// Features counted within each, by name.
    features: Vec<String>,
    /// Definition and rows of each.
    segments: Vec<(String, u64)>,
}

impl Stored {
    pub(super) fn each(&self) -> impl Iterator<Item = &(String, u64)> {
        self.segments.iter()
    }
}

/// A segment among the rows of the reference.
#[derive(Debug, Clone)]
pub struct SegmentOfReference {
    /// On [`Segments::layout`].
    pub profile: Profile,
    /// Distinct scores, ascending, with counts.
    pub scores: Vec<(f64, u64)>,
}

impl Reference {
    /// The features that are counted within segments: places in the layout. None where no segment was learnt.
    #[must_use]
    pub fn features_within_segments(&self) -> Vec<usize> {
        let names = self.stored_segments().map_or(&[][..], |stored| &stored.features);
        let place = |name: &String| self.layout().features().iter().position(|feature| feature.name == *name);
        names.iter().filter_map(place).collect()
    }

    /// Whether segments were learnt at all.
    #[must_use]
    pub fn has_segments(&self) -> bool {
        self.stored_segments().is_some()
    }

    /// With its own rows apart by segments; `rows` has the columns of [`Segments::columns`].
    pub fn apart_by(self, segments: &Segments, rows: &Rows) -> Result<Self> {
        let mut tally = SegmentTally::empty(segments, true);
        tally.observe(rows, segments, 1.0).map_err(|error| Fault::setup(format!("segments: {error}")))?;
        let stored = Stored {
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
        let damaged = self.damaged();
        self.with_segments(stored, packed).ok_or_else(|| Fault::setup(damaged))
    }

    /// Its own rows of a segment; `None` where it was not learnt, a fault where the file is damaged.
    pub fn segment(&self, definition: &str, layout: &Layout) -> Result<Option<SegmentOfReference>> {
        let Some(scores) = self.segment_scores(definition, layout)? else { return Ok(None) };
        let Some((block, rows)) = self.place_of_segment(definition, layout) else { return Ok(None) };
        let profile = self.shelf().block(block).and_then(|packed| unpack(packed.as_ref(), layout, rows));
        let profile = profile.ok_or_else(|| Fault::setup(self.damaged()))?;
        Ok(Some(SegmentOfReference { profile, scores }))
    }

    /// The distinct scores of its own rows of a segment, with counts.
    pub fn segment_scores(&self, definition: &str, layout: &Layout) -> Result<Option<Vec<(f64, u64)>>> {
        let Some((block, _)) = self.place_of_segment(definition, layout) else { return Ok(None) };
        let scores = self.shelf().block(block + 1).and_then(|packed| blocks::unpack(packed.as_ref(), Precision::F64));
        scores.map(Some).ok_or_else(|| Fault::setup(self.damaged()))
    }

    /// The first of a segment's blocks, and its rows.
    fn place_of_segment(&self, definition: &str, layout: &Layout) -> Option<(usize, u64)> {
        let stored = self.stored_segments()?;
        let names = layout.features().iter().map(|feature| &feature.name);
        let number = stored.segments.iter().position(|(known, _)| known == definition);
        let number = number.filter(|_| names.eq(&stored.features))?;
        let after = self.layout().features().len() + 1 + if self.has_outcomes() { 2 } else { 0 };
        Some((after + 2 * number, stored.segments.get(number)?.1))
    }
}

fn pack(profile: &Profile) -> Vec<u8> {
    let mut out = Writer::default();
    for counts in profile.features() {
        match counts {
            Counts::Numeric(counts) => write_counts(&mut out, counts),
            Counts::Categorical(counts) => {
                out.integers(counts.levels());
                out.integer(counts.missing());
            }
        }
    }
    if let Some(counts) = profile.score() {
        write_counts(&mut out, counts);
    }
    zstd::bulk::compress(&out.0, 3).unwrap_or_default()
}

fn unpack(packed: &[u8], layout: &Layout, rows: u64) -> Option<Profile> {
    let bytes = unpacked(packed)?;
    let mut reader = Reader(&bytes);
    let mut features = Vec::with_capacity(layout.features().len());
    for feature in layout.features() {
        features.push(match &feature.shape {
            Shape::Numeric(cells) => Counts::Numeric(read_counts(&mut reader, cells.len())?),
            Shape::Categorical(levels) => {
                let counts = reader.integers()?;
                let missing = reader.integer()?;
                (counts.len() == levels.names().len())
                    .then(|| Counts::Categorical(LevelCounts::from_parts(counts, missing)))?
            }
        });
    }
    let score = match layout.score() {
        Some(cells) => Some(read_counts(&mut reader, cells.len())?),
        None => None,
    };
    Some(Profile::from_parts(layout, rows, features, score))
}
