//! Compares cost curves and the range of the cheapest threshold with brute force. `tests/oracle/threshold_golden.py` writes
//! the expected values.

use serde_json::Value;
use vigie::performance::{CostCurve, Terms};
use vigie_profile::decision::HighScore;
use vigie_stats::{Outcomes, Price, threshold};

use crate::support::draw::Draw;

const PRICE: Price = Price { false_negative: 10.0, false_positive: 1.0 };

fn near_cheapest(outcomes: &Outcomes, price: Price) -> Option<threshold::ThresholdRange> {
    threshold::near_cheapest(outcomes, price, &threshold::cheapest(outcomes, price)?)
}

#[test]
fn costs_of_all_thresholds_match_brute_force() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/threshold_golden.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rows = file["rows"].as_array().unwrap();
    assert!(rows.len() >= 9);
    for row in rows {
        let floats = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let labels = row["labels"].as_array().unwrap().iter().map(|label| label == 1);
        let outcomes = Outcomes::from_rows(floats(&row["scores"]).into_iter().zip(labels));
        for golden in row["prices"].as_array().unwrap() {
            let price = floats(&golden["price"]);
            let price = Price { false_negative: price[0], false_positive: price[1] };
            let near = near_cheapest(&outcomes, price).unwrap();
            assert_eq!((near.low, near.high), (golden["low"].as_f64(), golden["high"].as_f64()));
            let points = threshold::curve(&outcomes, price, 100);
            let costs: Vec<f64> = points.iter().map(|at| at.cost).collect();
            assert_eq!(costs, floats(&golden["curve"]));
            let refused: Vec<f64> = points.iter().map(|at| at.confusion.refused()).collect();
            assert_eq!(refused, floats(&golden["refused"]));
            let terms = Terms { threshold: 0.37, price, beta: 1.0, high_score: HighScore::Bad };
            let curve = CostCurve::new(&outcomes, terms).unwrap();
            assert_eq!(curve.used.to_bits(), (1000.0 * costs[37] / outcomes.rows()).to_bits());
        }
    }
    assert_eq!(near_cheapest(&Outcomes::from_rows([]), PRICE), None);
    let terms = Terms { threshold: 0.5, price: PRICE, beta: 1.0, high_score: HighScore::Bad };
    assert!(CostCurve::new(&Outcomes::from_rows([]), terms).is_none());
}

#[test]
fn the_range_contains_the_truly_cheapest_threshold() {
    // A row is positive with probability 0.03 + 0.9 · score. With costs of ten to one, refusing pays off from 1 in 11.
    let truth = (1.0 / 11.0 - 0.03) / 0.9;
    let mut draw = Draw::seeded(8);
    let held = (0..200).filter(|_| {
        let rows = (0..2_000).map(|_| {
            let score = draw.uniform() * draw.uniform();
            (score, draw.chance(0.03 + 0.9 * score))
        });
        let near = near_cheapest(&Outcomes::from_rows(rows.collect::<Vec<_>>()), PRICE).unwrap();
        near.low.is_some_and(|low| low <= truth) && near.high.is_none_or(|high| truth <= high)
    });
    let held = held.count();
    assert!((190..=200).contains(&held), "{held} of 200");
}
