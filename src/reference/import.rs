//! Imports a table of distributions as a reduced reference, which has only bin counts and supports only PSI.
//!
//! One row per feature: `feature`, `kind`, `bins_json` (`{"edges": […]}` for numeric features), `ref_dist_json`
//! (`{"labels": […], "p": […]}`), `n_ref`.

use std::collections::HashSet;

use serde_json::Value;
use vigie_profile::{
    batch::{level, plain_tokens},
    layout::{Cells, Feature, Layout, Levels, Precision, Shape},
    profile::{CellCounts, Counts, LevelCounts, Moments, Profile},
};

use super::{
    Learnt, Provenance, Reference, Training, TrainingValues,
    block_store::{Block, BlockStore},
    values::json_scalar,
};
use crate::fault::{Fault, Result};

/// Open ends are closed at this multiple of the distance between the inner edges; values beyond are out of range.
const OPEN_END: f64 = 4_096.0;
/// Labels of the bin for missing values.
const MISSING: [&str; 8] = ["", "missing", "nan", "null", "none", "na", "n/a", "__missing__"];

/// One row of the table.
struct Distribution {
    name: String,
    shape: Shape,
    counts: Counts,
    rows: u64,
}

/// Creates a reference from the table. The distribution named `probability`, if given, is the score's.
pub fn import(table: &Training, probability: Option<&str>, mut provenance: Provenance) -> Result<Learnt> {
    let wrong = |why: String| Fault::setup(format!("--distributions {}: {why}", table.name));
    let column = |name: &str| table.column(name).map_err(|fault| fault.context("--distributions"));
    let texts = |name: &str| match &column(name)?.values {
        TrainingValues::Texts(texts) => Ok(texts),
        _ => Err(wrong(format!("column `{name}` must contain strings"))),
    };
    let (names, kinds) = (texts("feature")?, texts("kind")?);
    let (bins, shares) = (texts("bins_json")?, texts("ref_dist_json")?);
    let rows = rows(&column("n_ref")?.values).ok_or_else(|| wrong("column `n_ref` must contain numbers".to_owned()))?;
    let mut all = Vec::with_capacity(table.rows);
    let mut known = HashSet::new();
    for (position, rows) in rows.into_iter().enumerate() {
        let cell = |texts: &[Option<String>]| texts.get(position).cloned().flatten().unwrap_or_default();
        let name = cell(names);
        if name.is_empty() || !known.insert(name.clone()) {
            return Err(wrong(format!("row {}: feature `{name}` has an empty or duplicate name", position + 1)));
        }
        let wrong = |why: String| wrong(format!("feature `{name}`: {why}"));
        let rows = rows.ok_or_else(|| wrong("n_ref must be an integer of at least 1".to_owned()))?;
        let (shape, counts) = shape(&cell(kinds), &cell(bins), &cell(shares), rows).map_err(wrong)?;
        all.push(Distribution { name, shape, counts, rows });
    }
    let position = probability.map(|name| {
        all.iter().position(|one| one.name == name && matches!(one.shape, Shape::Numeric(_))).ok_or_else(|| {
            Fault::setup(format!("--probability {name}: {} has no numeric distribution of that name", table.name))
        })
    });
    let score = match position.transpose()? {
        Some(position) => match all.remove(position) {
            Distribution { shape: Shape::Numeric(cells), counts: Counts::Numeric(counts), .. } => Some((cells, counts)),
            _ => None,
        },
        None => None,
    };
    if all.is_empty() {
        return Err(wrong("it contains no features; expected one row per feature".to_owned()));
    }
    let mut notes =
        vec!["this is a reduced reference with bins only: PSI is measured, but not KS or chi-square".to_owned()];
    if score.is_none() {
        notes.push("no --probability: the score is not monitored".to_owned());
    }
    let rows = all.iter().map(|one| one.rows).max().unwrap_or_default();
    provenance.reduced = true;
    provenance.rows = rows;
    provenance.columns = all.len();
    provenance.probability = probability.map(ToOwned::to_owned);
    let importance = vec![None; all.len()];
    let blocks = vec![Block::new(Vec::new()); all.len() + usize::from(score.is_some())];
    let (features, counts) =
        all.into_iter().map(|one| (Feature { name: one.name, shape: one.shape }, one.counts)).unzip();
    let (cells, score) = score.unzip();
    let layout = Layout::new(Precision::F64, features, cells);
    let profile = Profile::from_parts(&layout, rows, counts, score);
    let reference = Reference::new(layout, profile, provenance, importance, BlockStore::Memory(blocks));
    Ok(Learnt { reference, notes, identifiers: Vec::new() })
}

/// Row counts of the features; `None` for a column that is neither numbers nor text.
fn rows(values: &TrainingValues) -> Option<Vec<Option<u64>>> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 10^15, and whole")]
    let count = |rows: f64| ((1.0..1e15).contains(&rows) && rows.fract() == 0.0).then_some(rows as u64);
    match values {
        TrainingValues::Numbers(numbers) => Some(numbers.iter().map(|rows| count(*rows)).collect()),
        TrainingValues::Texts(texts) | TrainingValues::Digits(texts) => {
            Some(texts.iter().map(|text| count(text.as_deref()?.trim().parse().ok()?)).collect())
        }
        TrainingValues::Times(_) | TrainingValues::Other => None,
    }
}

fn shape(kind: &str, bins: &str, shares: &str, rows: u64) -> Result<(Shape, Counts), String> {
    let bins = json(bins).unwrap_or(Value::Null);
    let shares = json(shares).ok_or("ref_dist_json is not valid JSON; it must be an object with `labels` and `p`")?;
    let list = |name: &str| shares.get(name).and_then(Value::as_array);
    let labels: Vec<Option<String>> =
        list("labels").ok_or("ref_dist_json has no list `labels`")?.iter().map(to_label).collect();
    let p: Vec<f64> = list("p")
        .ok_or("ref_dist_json has no list `p`")?
        .iter()
        .map(|p| {
            p.as_f64().filter(|p| (0.0..=1.0).contains(p)).ok_or("`p` contains a value that is not a share from 0 to 1")
        })
        .collect::<Result<_, _>>()?;
    if labels.len() != p.len() {
        return Err(format!("{} labels but {} shares", labels.len(), p.len()));
    }
    if (p.iter().sum::<f64>() - 1.0).abs() > 0.01 {
        return Err(format!("the shares add up to {}, not 1", p.iter().sum::<f64>()));
    }
    let counts = counts(&p, rows);
    let is_missing = |label: &Option<String>| label.as_ref().is_none_or(|label| is_missing(label));
    let missing = labels.iter().zip(&counts).filter(|(label, _)| is_missing(label)).map(|(_, count)| count).sum();
    let present = labels.iter().zip(counts).filter(|(label, _)| !is_missing(label));
    let edges = bins.get("edges").and_then(Value::as_array).filter(|edges| !edges.is_empty());
    match (kind.trim().to_lowercase().as_str(), edges) {
        ("num" | "numeric" | "numerical" | "number" | "float" | "int" | "continuous", Some(edges)) => {
            numeric(edges, &present.map(|(_, count)| count).collect::<Vec<_>>(), missing)
        }
        ("cat" | "categorical" | "category" | "object" | "string" | "bool" | "boolean", _) => {
            Ok(categorical(present.filter_map(|(label, count)| Some((label.clone()?, count))), missing))
        }
        ("num" | "numeric" | "numerical" | "number" | "float" | "int" | "continuous", None) => {
            Err("bins_json has no list `edges`".to_owned())
        }
        (kind, _) => Err(format!("kind must be numeric or categorical, not `{kind}`")),
    }
}

/// Also accepts Python's bare `NaN` and `Infinity`.
fn json(text: &str) -> Option<Value> {
    let plain = || plain_tokens(text.as_bytes()).and_then(|plain| serde_json::from_slice(&plain).ok());
    serde_json::from_str(text).ok().or_else(plain)
}

fn to_label(label: &Value) -> Option<String> {
    match label {
        Value::String(text) => Some(text.clone()),
        label => json_scalar(label).level().map(std::borrow::Cow::into_owned),
    }
}

fn is_missing(label: &str) -> bool {
    MISSING.contains(&label.trim().to_lowercase().as_str())
}

/// Converts shares to whole row counts that add up to `rows`, by the largest remainder method.
fn counts(p: &[f64], rows: u64) -> Vec<u64> {
    let total: f64 = p.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let exact: Vec<f64> = p.iter().map(|p| p / total * rows as f64).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the rows, not negative")]
    let mut counts: Vec<u64> = exact.iter().map(|rows| rows.floor() as u64).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    let remainder = |position: &usize| exact.get(*position).map_or(0.0, |rows| rows.fract());
    order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)));
    let missing = rows.saturating_sub(counts.iter().sum());
    for position in order.iter().cycle().take(usize::try_from(missing).unwrap_or(0).min(p.len())) {
        if let Some(count) = counts.get_mut(*position) {
            *count += 1;
        }
    }
    counts
}

/// Bins are `(lower, upper]`; the first includes its lower end.
fn numeric(edges: &[Value], counts: &[u64], missing: u64) -> Result<(Shape, Counts), String> {
    let edge = |(position, edge): (usize, &Value)| match edge {
        Value::Null if position == 0 => Some(f64::NEG_INFINITY),
        Value::Null => Some(f64::INFINITY),
        Value::String(text) => text.parse().ok(),
        number => number.as_f64(),
    };
    let mut edges: Vec<f64> =
        edges.iter().enumerate().map(edge).collect::<Option<_>>().ok_or("an edge is not a number")?;
    if edges.len() < 2
        || edges.iter().any(|edge| edge.is_nan())
        || edges.windows(2).any(|pair| pair.first() >= pair.last())
    {
        return Err("the edges are not in ascending order".to_owned());
    }
    if edges.len() != counts.len() + 1 {
        return Err(format!(
            "{} edges define {} bins, but there are {} shares",
            edges.len(),
            edges.len() - 1,
            counts.len()
        ));
    }
    let inner: Vec<f64> = edges.iter().copied().filter(|edge| edge.is_finite()).collect();
    let (Some(least), Some(most)) = (inner.first().copied(), inner.last().copied()) else {
        return Err("no edge is a finite number".to_owned());
    };
    let reach = (most - least).max(least.abs()).max(most.abs()).max(1.0) * OPEN_END;
    if let Some(first) = edges.first_mut() {
        // The first bin includes its lower end.
        *first = if first.is_finite() { Precision::F64.next_down(*first) } else { least - reach };
    }
    if let Some(last) = edges.last_mut().filter(|last| !last.is_finite()) {
        *last = most + reach;
    }
    let cuts = edges.get(1..edges.len() - 1).unwrap_or_default().to_vec();
    let cells = Cells::from_parts(edges, Vec::new(), cuts);
    // No rows were outside the edges.
    let guarded = [0].into_iter().chain(counts.iter().copied()).chain([0]).collect();
    let counts = CellCounts::from_parts(guarded, missing, Moments::default(), Some((least, most)));
    Ok((Shape::Numeric(cells), Counts::Numeric(counts)))
}

fn categorical(labels: impl Iterator<Item = (String, u64)>, missing: u64) -> (Shape, Counts) {
    let mut rows: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    let mut missing = missing;
    for (label, count) in labels {
        match level(&label) {
            Some(level) => *rows.entry(level.into_owned()).or_default() += count,
            None => missing += count,
        }
    }
    let counts = rows.values().copied().collect();
    let levels = Levels::new(rows.into_keys().collect());
    (Shape::Categorical(levels), Counts::Categorical(LevelCounts::from_parts(counts, missing)))
}
