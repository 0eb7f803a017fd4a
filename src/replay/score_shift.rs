//! Which drift moved the score: values put back feature by feature, rows scored again, and what that changes.
//!
//! How much of a change is chance is measured, not assumed: values drawn from the reference are put in the same rows
//! instead, twenty times; 95 % of such draws stay within the band.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray, types::Int32Type};
use vigie_profile::batch::Rows;
use vigie_stats::{Isotonic, Outcomes, Price, Ranked, correlation};

use super::{
    column::{Column, Draws, Holding, Taking},
    rescorer::Rescorer,
    restore::{Moved, changed, restore},
};
use crate::fault::{Fault, Result};

/// Rank correlation from which features are put back together: “strong” (Schober, Boer & Schwarte 2018).
pub const STRONG: f64 = 0.7;
/// Draws to see what chance does.
pub const DRAWS: u64 = 20;
/// They have so many rows at most: the band of more follows from theirs.
const DRAWN_ROWS: usize = 2_000;
/// 97.5 % of the standard normal lie below.
const Z: f64 = 1.959_963_984_540_054;

/// What the scores of some rows come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    pub mean_score: f64,
    pub share_refused: f64,
    /// Where the reference knows how its rows turned out.
    pub cost_per_1000: Option<f64>,
}

impl Standing {
    /// Figure by figure.
    #[must_use]
    pub fn with(&self, other: &Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            mean_score: of(self.mean_score, other.mean_score),
            share_refused: of(self.share_refused, other.share_refused),
            cost_per_1000: self.cost_per_1000.zip(other.cost_per_1000).map(|(ours, theirs)| of(ours, theirs)),
        }
    }
}

/// How scores become decisions and costs.
#[derive(Debug, Clone)]
pub struct Terms {
    pub threshold: f64,
    pub price: Price,
    pub calibration: Option<Isotonic>,
    /// A p-value from which on something has not moved.
    pub limit: f64,
}

impl Terms {
    /// `None` of no rows. The order of scores does not matter.
    #[must_use]
    pub fn standing(&self, mut scores: Vec<f64>) -> Option<Standing> {
        scores.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let (rows, refused) =
            (scores.len() as f64, (scores.len() - scores.partition_point(|score| *score < self.threshold)) as f64);
        let expected =
            self.calibration.as_ref().map(|calibration| Outcomes::expected(&Ranked::of(scores.clone()), calibration));
        (rows > 0.0).then(|| Standing {
            mean_score: scores.iter().fold(0.0, |sum, score| sum + score) / rows,
            share_refused: refused / rows,
            cost_per_1000: expected.and_then(|expected| expected.confusion(self.threshold).cost_per_1000(self.price)),
        })
    }
}

/// A feature whose values may be put back.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its place in the layout.
    pub feature: usize,
    pub name: String,
    pub is_drifted: bool,
    pub holding: Holding,
}

/// Rows of a window, their columns as the layout has them, and the features that may be put back.
#[derive(Debug)]
pub struct Restorer<'a> {
    model: &'a Rescorer,
    columns: Vec<Column>,
    arrays: Vec<ArrayRef>,
    rows: usize,
    candidates: Vec<Candidate>,
    draws: Draws,
    terms: Terms,
    groups: Vec<Vec<usize>>,
    /// Of each candidate.
    moved: Vec<Moved>,
    now: Standing,
}

/// What putting back the values of some features changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    pub features: Vec<String>,
    /// Whether every one of them has drifted.
    pub is_drifted: bool,
    /// Rows in which a value is another one.
    pub rows_changed: u64,
    pub standing: Standing,
    /// From now to then.
    pub change: Standing,
    /// 95 % of other draws of the reference's values would change what is put back by no more than this, up or down.
    pub by_chance: Standing,
}

/// What the reference has instead, where it says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Known {
    pub mean_score: Option<f64>,
    pub share_refused: Option<f64>,
    /// By its own outcomes.
    pub cost_per_1000: Option<f64>,
}

/// Why the score moved, feature by feature.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreShift {
    /// Rows that were scored again.
    pub rows: u64,
    pub now: Standing,
    pub reference: Known,
    /// By the size of the change in mean score, the largest first.
    pub restored: Vec<Restored>,
    /// Drifted features beyond the most that are looked at.
    pub left_out: usize,
}

impl<'a> Restorer<'a> {
    /// Of rows in the order of their keys. Fails where the model cannot score them; `None` of no rows.
    pub fn new(
        model: &'a Rescorer,
        columns: Vec<Column>,
        keys: &[u128],
        candidates: Vec<Candidate>,
        terms: Terms,
    ) -> Result<Option<Self>> {
        let arrays = columns.iter().map(array).collect();
        let groups = groups(&columns, &candidates);
        let now = Standing { mean_score: 0.0, share_refused: 0.0, cost_per_1000: None };
        let (rows, draws) = (keys.len(), Draws::of(keys));
        let mut restorer =
            Self { model, columns, arrays, rows, candidates, draws, terms, groups, moved: Vec::new(), now };
        restorer.moved = (0..restorer.candidates.len()).map(|place| restorer.moved(place)).collect();
        let scores = restorer.scores(&restorer.arrays, rows)?;
        Ok(restorer.terms.standing(scores).map(|now| {
            restorer.now = now;
            restorer
        }))
    }

    /// What the rows' scores come to as they are.
    #[must_use]
    pub fn now(&self) -> Standing {
        self.now
    }

    /// What is to be put back: each candidate alone, drifted ones that go together, and all drifted ones.
    #[must_use]
    pub fn sets(&self) -> Vec<Vec<usize>> {
        let alone = (0..self.candidates.len()).map(|place| vec![place]);
        let drifted = |place: &usize| self.candidates.get(*place).is_some_and(|candidate| candidate.is_drifted);
        let all: Vec<usize> = (0..self.candidates.len()).filter(drifted).collect();
        let together = self.groups.iter().filter(|group| group.len() > 1).cloned();
        let mut sets: Vec<Vec<usize>> = alone.chain(together).collect();
        if !sets.contains(&all) && !all.is_empty() {
            sets.push(all);
        }
        sets
    }

    /// Puts the values of these candidates back.
    pub fn put_back(&self, set: &[usize]) -> Result<Restored> {
        let chosen: Vec<(&Candidate, &Moved)> =
            set.iter().filter_map(|place| self.candidates.get(*place).zip(self.moved.get(*place))).collect();
        let nothing = self.now.with(&self.now, |_, _| 0.0);
        let mut restored = Restored {
            features: chosen.iter().map(|(candidate, _)| candidate.name.clone()).collect(),
            is_drifted: chosen.iter().all(|(candidate, _)| candidate.is_drifted),
            rows_changed: 0,
            standing: self.now,
            change: nothing,
            by_chance: nothing,
        };
        if chosen.iter().all(|(_, moved)| moved.is_nothing()) {
            return Ok(restored);
        }
        let evenly = self.with(set, self.rows, None);
        let rows_changed =
            evenly.iter().filter_map(|(feature, after)| Some(changed(self.columns.get(*feature)?, after)));
        restored.rows_changed = rows_changed.max().unwrap_or(0);
        restored.standing = self.standing(&evenly, self.rows)?;
        restored.change = restored.standing.with(&self.now, |then, now| then - now);
        restored.by_chance = self.by_chance(set)?;
        Ok(restored)
    }

    /// How far figures scatter if what is put back are values drawn from the reference, for as many rows as there are.
    fn by_chance(&self, set: &[usize]) -> Result<Standing> {
        let rows = self.rows.min(DRAWN_ROWS);
        let middle = self.standing(&self.with(set, rows, None), rows)?;
        let mut squares = middle.with(&middle, |_, _| 0.0);
        for number in 0..DRAWS {
            let off =
                self.standing(&self.with(set, rows, Some(number)), rows)?.with(&middle, |drawn, middle| drawn - middle);
            squares = squares.with(&off, |sum, off| sum + off * off);
        }
        // The reference is a draw too, of so many rows.
        let least = set.iter().filter_map(|place| self.candidates.get(*place)).map(|one| one.holding.rows()).min();
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let (rows, all, reference) = (rows as f64, self.rows as f64, least.unwrap_or(1).max(1) as f64);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let by = Z * (rows * (1.0 / all + 1.0 / reference) / DRAWS as f64).sqrt();
        Ok(squares.with(&squares, |sum, _| by * sum.sqrt()))
    }

    /// The columns of these candidates, of the first `rows` rows, with values put back: the reference's, or a draw of them.
    fn with(&self, set: &[usize], rows: usize, number: Option<u64>) -> Vec<(usize, Column)> {
        let of = |place: &usize| {
            let (candidate, moved) = self.candidates.get(*place).zip(self.moved.get(*place))?;
            let column = self.columns.get(candidate.feature)?;
            let leader = self.leader(*place);
            let taking = number.map_or(Taking::Evenly, |number| Taking::Drawn { leader, number });
            let second = self.draws.second(leader, number);
            let put = |column: &Column, moved: &Moved| {
                restore(column, &candidate.holding, moved, taking, (self.draws.first(), &second))
            };
            let restored =
                if rows < self.rows { put(&first_of(column, rows), &moved.first_of(rows)) } else { put(column, moved) };
            Some((candidate.feature, restored))
        };
        set.iter().filter_map(of).collect()
    }

    fn moved(&self, place: usize) -> Moved {
        let of = self.candidates.get(place).and_then(|one| Some((one, self.columns.get(one.feature)?)));
        of.map_or_else(Moved::default, |(candidate, column)| {
            Moved::of(column, &candidate.holding, &self.draws, self.leader(place), self.terms.limit)
        })
    }

    /// The name of the first of those that go together with a candidate.
    fn leader(&self, place: usize) -> &str {
        let group = self.groups.iter().find(|group| group.contains(&place));
        let first = group.and_then(|group| group.first()).copied().unwrap_or(place);
        self.candidates.get(first).map_or("", |candidate| candidate.name.as_str())
    }

    fn standing(&self, restored: &[(usize, Column)], rows: usize) -> Result<Standing> {
        let mut arrays: Vec<ArrayRef> = if rows < self.rows {
            self.arrays.iter().map(|array| array.slice(0, rows)).collect()
        } else {
            self.arrays.clone()
        };
        for (feature, column) in restored {
            if let Some(own) = arrays.get_mut(*feature) {
                *own = array(column);
            }
        }
        let scores = self.scores(&arrays, rows)?;
        self.terms.standing(scores).ok_or_else(|| Fault::setup("no rows to score"))
    }

    fn scores(&self, arrays: &[ArrayRef], rows: usize) -> Result<Vec<f64>> {
        let features = arrays.iter().cloned().map(Some).collect();
        let inputs = self.model.inputs(&Rows { len: rows, features, probability: None })?;
        self.model.probabilities(&inputs, rows)
    }

    /// All that was found, the largest change first.
    #[must_use]
    pub fn told(&self, mut restored: Vec<Restored>, reference: Known, left_out: usize) -> ScoreShift {
        restored.sort_by(|a, b| {
            let size = |of: &Restored| of.change.mean_score.abs();
            size(b).total_cmp(&size(a)).then_with(|| a.features.cmp(&b.features))
        });
        ScoreShift { rows: self.rows as u64, now: self.now, reference, restored, left_out }
    }
}

/// Drifted numbers whose ranks go together, one with another or by way of a third; every other candidate is alone.
fn groups(columns: &[Column], candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let ranks = |candidate: &Candidate| match columns.get(candidate.feature) {
        Some(Column::Numbers(values)) if candidate.is_drifted => Some(correlation::ranks(values)),
        _ => None,
    };
    let ranks: Vec<Option<Vec<f64>>> = candidates.iter().map(ranks).collect();
    let mut group: Vec<usize> = (0..candidates.len()).collect();
    for (b, theirs) in ranks.iter().enumerate() {
        for (a, ours) in ranks.iter().enumerate().take(b) {
            let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
            if correlation::correlation(ours, theirs).is_some_and(|how| how.abs() >= STRONG) {
                let (Some(to), Some(from)) = (group.get(a).copied(), group.get(b).copied()) else { continue };
                group.iter_mut().filter(|of| **of == from.max(to)).for_each(|of| *of = from.min(to));
            }
        }
    }
    (0..candidates.len())
        .map(|first| group.iter().enumerate().filter(|(_, of)| **of == first).map(|(place, _)| place).collect())
        .filter(|group: &Vec<usize>| !group.is_empty())
        .collect()
}

fn first_of(column: &Column, count: usize) -> Column {
    match column {
        Column::Numbers(values) => Column::Numbers(values.iter().take(count).copied().collect()),
        Column::Levels { names, rows } => {
            Column::Levels { names: names.clone(), rows: rows.iter().take(count).copied().collect() }
        }
    }
}

/// A column as the model takes it.
fn array(column: &Column) -> ArrayRef {
    match column {
        Column::Numbers(values) => Arc::new(Float64Array::from(values.clone())),
        Column::Levels { names, rows } => {
            let keys: Int32Array = rows.iter().map(|level| level.and_then(|level| i32::try_from(level).ok())).collect();
            let names = StringArray::from_iter_values(names);
            // Every place is one of a name.
            DictionaryArray::<Int32Type>::try_new(keys, Arc::new(names)).map_or_else(
                |_| arrow_array::new_null_array(&arrow_schema::DataType::Null, rows.len()),
                |levels| Arc::new(levels),
            )
        }
    }
}
