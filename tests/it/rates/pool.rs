//! Fresh applicants: rows that neither the reference nor the model's training has, in the population of both.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use serde_json::Value;
use vigie_models::{InputKind, Model};

use crate::{
    rates::window::{Window, times},
    story::replay::home_credit,
    support::{draw::Draw, lab::Data},
};

/// Rows of each window, as on the days of the example.
pub(crate) const ROWS: usize = 700;

/// Days of the committed logs whose inputs nothing happened to.
const UNTOUCHED: &[&str] = &[
    "log/predictions-2026-10-01",
    "log/predictions-2026-10-03",
    "log/predictions-2026-10-06",
    "log/predictions-2026-10-08",
    "log/predictions-2026-10-10",
    "log/predictions-2026-10-12",
    "log/predictions-2026-10-13",
    "incidents/log/predictions-2026-10-16",
    "incidents/log/predictions-2026-10-17",
    "incidents/log/predictions-2026-10-20",
    "incidents/log/predictions-2026-10-23",
];

/// Rows to draw windows from.
pub(crate) struct Pool {
    pub model: Model,
    /// In the order of the model's features.
    columns: Vec<(String, Data)>,
    rows: usize,
}

impl Pool {
    /// Rows of the folder in `VIGIE_FRESH`, otherwise of the committed logs.
    pub(crate) fn open() -> Self {
        let files: Vec<PathBuf> = match std::env::var_os("VIGIE_FRESH") {
            Some(folder) => fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect(),
            None => UNTOUCHED.iter().map(|name| home_credit(&format!("{name}.ndjson.gz"))).collect(),
        };
        Self::read(files)
    }

    fn read(mut files: Vec<PathBuf>) -> Self {
        files.sort();
        let model = Model::from_bytes("model.cbm", &fs::read(home_credit("model.cbm")).unwrap()).unwrap();
        let empty = |kind| match kind {
            InputKind::Numeric => Data::Numbers(Vec::new()),
            InputKind::Categorical => Data::Texts(Vec::new()),
        };
        let mut columns: Vec<(String, Data)> =
            model.features().iter().map(|feature| (feature.name.clone(), empty(feature.kind))).collect();
        for file in files {
            for line in unpacked(&file).lines() {
                let record: Value = serde_json::from_str(line).unwrap();
                if record["inputs"].get("AMT_CREDIT").is_some() {
                    append(&mut columns, &record["inputs"]);
                }
            }
        }
        let rows = columns[0].1.len();
        assert!(rows >= 4 * ROWS, "{rows} rows are too few to draw windows of {ROWS} from");
        Self { model, columns, rows }
    }

    fn column(&self, feature: &str) -> &Data {
        &self.columns.iter().find(|(name, _)| name == feature).unwrap().1
    }

    /// Normal score of each row's rank in the pool; 0 for a missing value.
    fn normal_scores(&self, feature: &str) -> Vec<f64> {
        let Data::Numbers(numbers) = self.column(feature) else { panic!("{feature} is not numeric") };
        let mut order: Vec<usize> = (0..self.rows).filter(|row| !numbers[*row].is_nan()).collect();
        order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
        let mut scores = vec![0.0; self.rows];
        for (rank, row) in order.iter().enumerate() {
            scores[*row] = normal_quantile((rank as f64 + 0.5) / order.len() as f64);
        }
        scores
    }
}

/// Draws windows that have no row in common.
pub(crate) struct Fresh<'p> {
    pub pool: &'p Pool,
    pub draw: Draw,
    is_taken: Vec<bool>,
}

impl<'p> Fresh<'p> {
    pub(crate) fn new(pool: &'p Pool, draw: Draw) -> Self {
        Self { pool, draw, is_taken: vec![false; pool.rows] }
    }

    /// A window of fresh rows.
    pub(crate) fn window(&mut self) -> Window {
        self.drawn(|_| 1.0)
    }

    /// Rows drawn with weight exp(`tilt` · z), where z is the normal score of a numeric feature.
    pub(crate) fn tilted(&mut self, feature: &str, tilt: f64) -> Window {
        let scores = self.pool.normal_scores(feature);
        self.drawn(|row| (tilt * scores[row]).exp())
    }

    /// As `tilted` for the rows between two times of day; the others are drawn as ever.
    pub(crate) fn tilted_between(&mut self, feature: &str, tilt: f64, hours: (&str, &str)) -> Window {
        let (mut window, tilted) = (self.window(), self.tilted(feature, tilt));
        let is_within = window.is_between(hours.0, hours.1);
        window.replace_rows(&tilted, &is_within);
        window
    }

    /// Rows drawn so that a level has this share instead of its own.
    pub(crate) fn with_share(&mut self, feature: &str, level: &str, share: f64) -> Window {
        let Data::Texts(levels) = self.pool.column(feature) else { panic!("{feature} is numeric") };
        let has_level: Vec<bool> = levels.iter().map(|own| own.as_deref() == Some(level)).collect();
        let own = has_level.iter().filter(|is| **is).count() as f64 / has_level.len() as f64;
        self.drawn(|row| if has_level[row] { share / own } else { (1.0 - share) / (1.0 - own) })
    }

    /// `ROWS` rows without replacement: those with the smallest exponential times at their rates (Efraimidis and Spirakis
    /// 2006).
    fn drawn(&mut self, weight: impl Fn(usize) -> f64) -> Window {
        let free = (0..self.pool.rows).filter(|row| !self.is_taken[*row]);
        let draw = &mut self.draw;
        let mut waits: Vec<(f64, usize)> = free.map(|row| (-(1.0 - draw.uniform()).ln() / weight(row), row)).collect();
        waits.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut rows: Vec<usize> = waits.into_iter().take(ROWS).map(|(_, row)| row).collect();
        assert_eq!(rows.len(), ROWS, "the pool is too small");
        rows.iter().for_each(|row| self.is_taken[*row] = true);
        // Otherwise the heaviest rows would come first in the day.
        self.draw.shuffle(&mut rows);
        let pick = |data: &Data| match data {
            Data::Numbers(numbers) => Data::Numbers(rows.iter().map(|row| numbers[*row]).collect()),
            Data::Texts(texts) => Data::Texts(rows.iter().map(|row| texts[*row].clone()).collect()),
        };
        let columns = self.pool.columns.iter().map(|(name, data)| (name.clone(), pick(data))).collect();
        Window { columns, times: times(ROWS, &mut self.draw) }
    }
}

fn unpacked(file: &Path) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn append(columns: &mut [(String, Data)], inputs: &Value) {
    for (name, data) in columns {
        let value = &inputs[name.as_str()];
        match data {
            Data::Numbers(numbers) => {
                numbers.push(value.as_bool().map(|is| f64::from(u8::from(is))).or(value.as_f64()).unwrap_or(f64::NAN));
            }
            Data::Texts(texts) => texts.push(value.as_str().map(ToOwned::to_owned)),
        }
    }
}

/// Quantile of the standard normal distribution, within 0.0005 (Hastings 1955).
fn normal_quantile(p: f64) -> f64 {
    let tail = (-2.0 * p.min(1.0 - p).ln()).sqrt();
    let above = 2.515_517 + tail * (0.802_853 + tail * 0.010_328);
    let below = 1.0 + tail * (1.432_788 + tail * (0.189_269 + tail * 0.001_308));
    let size = tail - above / below;
    if p < 0.5 { -size } else { size }
}

/// The pool's rows are fresh and scored as the application scores them, and tilts do what they say.
#[test]
fn the_pool_is_scored_as_logged() {
    let pool = Pool::read(UNTOUCHED[..5].iter().map(|name| home_credit(&format!("{name}.ndjson.gz"))).collect());
    let day = crate::story::replay::day("2026-10-01");
    let logged: Vec<f64> = day.iter().filter_map(|line| line["outputs"]["proba_default"].as_f64()).collect();
    let first_day = Window {
        columns: pool
            .columns
            .iter()
            .map(|(name, data)| {
                let first = match data {
                    Data::Numbers(numbers) => Data::Numbers(numbers[..logged.len()].to_vec()),
                    Data::Texts(texts) => Data::Texts(texts[..logged.len()].to_vec()),
                };
                (name.clone(), first)
            })
            .collect(),
        times: vec![0; logged.len()],
    };
    assert_eq!(first_day.scores(&pool.model), logged);
    let mut fresh = Fresh::new(&pool, Draw::seeded(1));
    let median = |window: &Window| {
        let mut ages = window.numbers("DAYS_BIRTH").to_vec();
        ages.sort_by(f64::total_cmp);
        ages[ages.len() / 2]
    };
    let (usual, young) = (median(&fresh.window()), median(&fresh.tilted("DAYS_BIRTH", 0.8)));
    assert!(young > usual + 1_500.0, "median age {usual} → {young} days");
}
