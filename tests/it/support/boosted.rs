//! A second model for the example's rows: gradient boosting of depthwise trees, as a CatBoost JSON export. Its trees branch
//! differently on each side, unlike those of the example's model.

use serde_json::{Value, json};

const TREES: usize = 60;
const DEPTH: usize = 4;
const BORDERS: usize = 15;
const RATE: f64 = 0.2;
/// Added to the weight of every leaf.
const SMOOTHING: f64 = 20.0;

struct Feature {
    borders: Vec<f32>,
    /// Number of borders below each value; 0 for a missing one.
    bins: Vec<u8>,
    /// Index of its first condition.
    first: usize,
}

struct Booster {
    features: Vec<Feature>,
    /// First and second derivatives of the loss.
    slopes: Vec<(f64, f64)>,
    raw: Vec<f64>,
}

/// Trains a model of a target of 0 and 1 on numeric columns.
pub(crate) fn depthwise_model(columns: &[(&str, &[f64])], target: &[f64]) -> String {
    let mut first = 0;
    let mut features = Vec::new();
    for (_, values) in columns {
        let borders = borders(values);
        let bin = |value: &f64| borders.iter().filter(|border| *value as f32 > **border).count() as u8;
        let bins = values.iter().map(bin).collect();
        first += borders.len();
        features.push(Feature { first: first - borders.len(), borders, bins });
    }
    let rows: Vec<usize> = (0..target.len()).collect();
    let mut booster = Booster { features, slopes: vec![(0.0, 0.0); rows.len()], raw: vec![0.0; rows.len()] };
    let trees: Vec<Value> = (0..TREES)
        .map(|_| {
            for (row, slope) in booster.slopes.iter_mut().enumerate() {
                let p = 1.0 / (1.0 + (-booster.raw[row]).exp());
                *slope = (target[row] - p, p * (1.0 - p));
            }
            booster.grow(&rows, DEPTH)
        })
        .collect();
    let floats: Vec<Value> = columns
        .iter()
        .zip(&booster.features)
        .enumerate()
        .map(|(index, ((name, _), feature))| {
            json!({"feature_index": index, "flat_feature_index": index, "feature_id": name, "borders": feature.borders,
                "has_nans": true, "nan_value_treatment": "AsFalse"})
        })
        .collect();
    let model = json!({"features_info": {"float_features": floats}, "trees": trees, "scale_and_bias": [1, [0]],
        "model_info": {"params": {"loss_function": {"type": "Logloss"}}}});
    model.to_string()
}

/// Borders between quantiles of the values.
fn borders(values: &[f64]) -> Vec<f32> {
    let mut sorted: Vec<f32> = values.iter().filter(|value| !value.is_nan()).map(|value| *value as f32).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let mut borders: Vec<f32> = (1..=BORDERS)
        .filter_map(|step| {
            let at = sorted.len() * step / (BORDERS + 1);
            let (below, above) = (*sorted.get(at.checked_sub(1)?)?, *sorted.get(at)?);
            (below < above).then_some(f32::midpoint(below, above))
        })
        .collect();
    borders.dedup();
    borders
}

impl Booster {
    /// Grows a tree for these rows, adds its values to their scores, and returns it.
    fn grow(&mut self, rows: &[usize], depth: usize) -> Value {
        let sum = |rows: &[usize]| {
            rows.iter()
                .fold((0.0, 0.0), |(slope, weight), row| (slope + self.slopes[*row].0, weight + self.slopes[*row].1))
        };
        let (slope, weight) = sum(rows);
        let gain = |slope: f64, weight: f64| slope * slope / (weight + SMOOTHING);
        let mut best = (1e-6, None);
        for (index, feature) in self.features.iter().enumerate().filter(|_| depth > 0) {
            let mut bins = [(0.0, 0.0); BORDERS + 1];
            for row in rows {
                let bin = &mut bins[usize::from(feature.bins[*row])];
                *bin = (bin.0 + self.slopes[*row].0, bin.1 + self.slopes[*row].1);
            }
            let mut left = (0.0, 0.0);
            for (border, bin) in bins.iter().enumerate().take(feature.borders.len()) {
                left = (left.0 + bin.0, left.1 + bin.1);
                let more = gain(left.0, left.1) + gain(slope - left.0, weight - left.1) - gain(slope, weight);
                if more > best.0 {
                    best = (more, Some((index, border)));
                }
            }
        }
        let Some((index, border)) = best.1 else {
            let value = RATE * slope / (weight + SMOOTHING);
            rows.iter().for_each(|row| self.raw[*row] += value);
            return json!({"value": value, "weight": rows.len()});
        };
        let feature = &self.features[index];
        let condition = feature.first + border;
        let (right, left): (Vec<usize>, Vec<usize>) =
            rows.iter().partition(|row| usize::from(feature.bins[**row]) > border);
        let (left, right) = (self.grow(&left, depth - 1), self.grow(&right, depth - 1));
        json!({"split": {"split_index": condition}, "left": left, "right": right})
    }
}
