//! The counts of a window as a file: what later windows, and other hosts, need of its rows.
//!
//! `VIGIEWIN`, version, checksum (the first 8 bytes of a SHA-256) of the rest, and the rest: layout, window, rows, rows
//! refused, the counts of each feature and of the score, and the sketches of row hashes. Nothing is compressed, so that no
//! file can claim more memory than the layout and its own length allow.

use std::fmt;

use sha2::{Digest, Sha256};

use super::counts::{are_rows, read_window_cells, read_window_counts, write_window_cells, write_window_counts};
use crate::{
    bytes::{Reader, Writer},
    layout::Layout,
    profile::Profile,
    repeat::RepeatTally,
    window::{Instant, Window},
};

const MAGIC: &[u8; 8] = b"VIGIEWIN";
/// Increased when older versions of vigie can no longer read new files.
const VERSION: u32 = 1;

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredError {
    /// It is another kind of file.
    NotCounts,
    /// It was written by a version of vigie with this format.
    Version(u32),
    Damaged,
    /// It was counted with another reference.
    Layout(String),
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCounts => write!(f, "it does not hold the counts of a window"),
            Self::Version(found) => {
                write!(f, "it has format version {found}, but this version of vigie reads {VERSION}")
            }
            Self::Damaged => write!(f, "it is truncated or damaged"),
            Self::Layout(found) => write!(f, "it was counted with another reference (layout {found})"),
        }
    }
}

impl std::error::Error for StoredError {}

/// Counts of the used rows of a window, or of a part of them.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProfile {
    pub window: Window,
    pub profile: Profile,
    /// Sketches of row hashes, if any block was hashed.
    pub repeats: Option<RepeatTally>,
}

impl StoredProfile {
    /// Encodes the counts. Equal counts have equal bytes, in whatever parts the rows were counted.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Writer::default();
        body.text(&self.profile.layout_id().to_string());
        for end in [self.window.from, self.window.to] {
            body.integer(end.0.cast_unsigned());
        }
        body.integer(self.profile.rows());
        body.integer(self.profile.refused());
        self.profile.features().iter().for_each(|counts| write_window_counts(&mut body, counts));
        if let Some(score) = self.profile.score() {
            write_window_cells(&mut body, score);
        }
        body.integer(u64::from(self.repeats.is_some()));
        if let Some(repeats) = &self.repeats {
            repeats.write(&mut body);
        }
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&VERSION.to_le_bytes());
        file.extend_from_slice(&checksum(&body.0));
        file.extend_from_slice(&body.0);
        file
    }

    /// Decodes a file that was counted on this layout.
    pub fn from_bytes(bytes: &[u8], layout: &Layout) -> Result<Self, StoredError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(StoredError::NotCounts)?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(StoredError::Damaged)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(StoredError::Version(version));
        }
        let (sum, body) = rest.split_first_chunk::<8>().ok_or(StoredError::Damaged)?;
        if *sum != checksum(body) {
            return Err(StoredError::Damaged);
        }
        let mut reader = Reader(body);
        let own = reader.text().ok_or(StoredError::Damaged)?;
        if own != layout.id().to_string() {
            return Err(StoredError::Layout(own));
        }
        let stored = read(&mut reader, layout).filter(|_| reader.0.is_empty());
        stored.ok_or(StoredError::Damaged)
    }

    /// Adds the rows of another part of the same window. Fails if it is of another window, layout or key.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        if self.window != other.window {
            return Err(format!("counts of the window {} cannot be added to those of {}", other.window, self.window));
        }
        self.profile.merge(&other.profile)?;
        match (&mut self.repeats, &other.repeats) {
            (Some(ours), Some(theirs)) => ours.merge(theirs),
            // A sketch of a part of the rows would be wrong.
            (ours, _) => {
                *ours = None;
                Ok(())
            }
        }
    }
}

fn read(reader: &mut Reader<'_>, layout: &Layout) -> Option<StoredProfile> {
    let (from, to) = (reader.integer()?.cast_signed(), reader.integer()?.cast_signed());
    let window = Window::new(Instant(from), Instant(to))?;
    let rows = reader.integer().filter(|rows| are_rows(*rows))?;
    let refused = reader.integer().filter(|refused| *refused <= rows)?;
    let features = layout.features().iter().map(|feature| read_window_counts(reader, feature, rows));
    let features = features.collect::<Option<Vec<_>>>()?;
    let score = match layout.score() {
        Some(cells) => {
            let counts = read_window_cells(reader, cells.len())?;
            let scored = counts.present() + counts.missing();
            // Without a mapped probability, no row has a score.
            Some((scored == rows || scored == 0).then_some(counts)?)
        }
        None => None,
    };
    let repeats = match reader.integer()? {
        0 => None,
        1 => Some(RepeatTally::read(reader).filter(|tally| tally.sketches().iter().all(|one| one.rows() <= rows))?),
        _ => return None,
    };
    let profile = Profile::from_parts(layout, rows, features, score).with_refused(refused);
    Some(StoredProfile { window, profile, repeats })
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(bytes);
    let mut sum = [0; 8];
    sum.iter_mut().zip(digest.iter()).for_each(|(ours, byte)| *ours = *byte);
    sum
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, DictionaryArray, Float64Array, types::Int32Type};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        batch::Rows,
        layout::{Cells, Feature, Levels, Precision, Shape},
        profile::Counts,
        repeat::RepeatPlan,
    };

    type Row = (Option<f64>, f64, u8, f64);

    fn layout() -> Layout {
        let values: Vec<(f64, u64)> = (0..400).map(|value| (f64::from(value) / 4.0, 1)).collect();
        let cells = Cells::learn(&values, Precision::F64);
        let numeric = |name: &str| Feature { name: name.to_owned(), shape: Shape::Numeric(cells.clone()) };
        let levels = Levels::new(vec!["a".to_owned(), "b".to_owned()]);
        let level = Feature { name: "X_level".to_owned(), shape: Shape::Categorical(levels) };
        let score: Vec<(f64, u64)> = (0..100).map(|value| (f64::from(value) / 100.0, 1)).collect();
        Layout::new(
            Precision::F64,
            vec![numeric("X_a"), numeric("X_b"), level],
            Some(Cells::learn(&score, Precision::F64)),
        )
    }

    fn plan(layout: &Layout) -> RepeatPlan {
        let mut reference = Profile::empty(layout);
        let rows: Vec<Row> = (0..400).map(|row| (Some(f64::from(row) / 4.0), f64::from(row) / 4.0, 0, 0.5)).collect();
        reference.observe(&batch(&rows), layout, 0.5);
        RepeatPlan::new(layout, &reference, 3, 16)
    }

    fn batch(rows: &[Row]) -> Rows {
        let levels = ["a", "b", "new", "other"];
        let one: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Float64Array>());
        let two: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Float64Array>());
        let level = rows.iter().map(|row| levels.get(usize::from(row.2)).copied());
        let level: ArrayRef = Arc::new(level.collect::<DictionaryArray<Int32Type>>());
        let probability = rows.iter().map(|row| Some(row.3)).collect();
        Rows {
            len: rows.len(),
            features: vec![Some(one), Some(two), Some(level)],
            probability: Some(probability),
            refused: None,
        }
    }

    fn stored(rows: &[Row], layout: &Layout) -> StoredProfile {
        let plan = plan(layout);
        assert!(!plan.blocks().is_empty());
        let (mut profile, mut repeats) = (Profile::empty(layout), RepeatTally::empty(&plan));
        profile.observe(&batch(rows), layout, 0.5);
        repeats.observe(&batch(rows), Some, layout, &plan);
        let window = Window { from: Instant(-5), to: Instant(86_400_000_000) };
        StoredProfile { window, profile, repeats: Some(repeats) }
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let value = prop_oneof![(-40i32..440).prop_map(|quarter| f64::from(quarter) / 4.0), Just(f64::INFINITY)];
        prop::collection::vec((prop::option::of(value), -10.0f64..110.0, 0u8..5, 0.0f64..1.0), 0..200)
    }

    proptest! {
        #[test]
        fn any_split_of_the_rows_gives_the_same_bytes(rows in rows(), parts in 1usize..5) {
            let layout = layout();
            let whole = stored(&rows, &layout);
            let bytes = whole.to_bytes();
            let read = StoredProfile::from_bytes(&bytes, &layout).unwrap();
            prop_assert_eq!(&read, &whole);
            prop_assert_eq!(read.to_bytes(), &bytes[..]);
            let part = |number: usize| {
                let own: Vec<Row> = rows.iter().skip(number).step_by(parts).copied().collect();
                let bytes = stored(&own, &layout).to_bytes();
                StoredProfile::from_bytes(&bytes, &layout).unwrap()
            };
            let mut merged = part(parts - 1);
            (0..parts - 1).for_each(|number| merged.merge(&part(number)).unwrap());
            prop_assert_eq!(merged.to_bytes(), bytes);
        }

        /// A file with a right checksum may hold anything: it is read as possible counts, or refused.
        #[test]
        fn mutants_with_a_right_checksum_are_refused_or_consistent(
            rows in rows(),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..6),
        ) {
            let layout = layout();
            let mut body = stored(&rows, &layout).to_bytes().split_off(20);
            for (place, byte, edit) in edits {
                let at = place.index(body.len().max(1)).min(body.len().saturating_sub(1));
                match edit {
                    0 => body[at] = byte,
                    1 => body.insert(at, byte),
                    _ => body.truncate(at.max(1)),
                }
            }
            let mut file = MAGIC.to_vec();
            file.extend_from_slice(&VERSION.to_le_bytes());
            file.extend_from_slice(&checksum(&body));
            file.extend_from_slice(&body);
            if let Ok(read) = StoredProfile::from_bytes(&file, &layout) {
                for counts in read.profile.features() {
                    let counted = match counts {
                        Counts::Numeric(counts) => counts.present() + counts.missing(),
                        Counts::Categorical(counts) => counts.present() + counts.missing(),
                    };
                    prop_assert_eq!(counted, read.profile.rows());
                }
                prop_assert!(read.profile.refused() <= read.profile.rows());
                let mut twice = read.clone();
                prop_assert!(twice.merge(&read).is_ok());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = StoredProfile::from_bytes(&bytes, &layout());
            let file = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &checksum(&bytes), &bytes].concat();
            prop_assert!(StoredProfile::from_bytes(&file, &layout()).is_err());
        }
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let layout = layout();
        let bytes = stored(&[(Some(1.0), 2.0, 1, 0.7)], &layout).to_bytes();
        let why = |bytes: &[u8]| StoredProfile::from_bytes(bytes, &layout).unwrap_err();
        assert_eq!(why(b"VIGIEREF"), StoredError::NotCounts);
        assert_eq!(why(&bytes[..bytes.len() - 1]), StoredError::Damaged);
        assert_eq!(why(&bytes[..10]), StoredError::Damaged);
        let newer = [&bytes[..8], &9_u32.to_le_bytes(), &bytes[12..]].concat();
        assert_eq!(why(&newer).to_string(), "it has format version 9, but this version of vigie reads 1");
        let other = Layout::new(Precision::F32, layout.features().to_vec(), layout.score().cloned());
        let error = StoredProfile::from_bytes(&bytes, &other).unwrap_err();
        assert_eq!(error, StoredError::Layout(layout.id().to_string()));
    }

    #[test]
    fn parts_of_two_windows_are_not_added() {
        let layout = layout();
        let mut one = stored(&[(Some(1.0), 2.0, 1, 0.7)], &layout);
        let mut other = one.clone();
        other.window.to = Instant(1);
        assert!(one.merge(&other).unwrap_err().contains("cannot be added"));
        // Without the hashes of all rows there are none.
        other.window = one.window;
        other.repeats = None;
        one.merge(&other).unwrap();
        assert_eq!((one.repeats.is_none(), one.profile.rows()), (true, 2));
    }
}
