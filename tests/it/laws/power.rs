//! Each incident of the example is detected at 500 rows, with the right severity, in at least 95 of 100 draws.

use std::{fs, path::PathBuf};

use vigie::{
    judge::{Policy, Severity},
    reference::{Reference, TrainingValues, read_table},
};

use crate::support::{
    draw::Draw,
    lab::{Data, judged},
};

const DRAWS: usize = 100;
const ROWS: usize = 500;

struct Example {
    reference: Reference,
    columns: Vec<(String, Data)>,
}

fn example() -> Example {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit");
    let bytes = fs::read(folder.join("reference.vigie")).unwrap();
    let reference = Reference::from_bytes("reference.vigie", &bytes).unwrap();
    let table = read_table(
        "reference.parquet",
        fs::read(folder.join("reference.parquet")).unwrap(),
        vigie::delimited::CsvForm::default(),
    )
    .unwrap();
    let columns = table
        .columns
        .into_iter()
        .filter(|column| column.name != "TARGET" && column.name != "probability")
        .map(|column| {
            let data = match column.values {
                TrainingValues::Numbers(numbers) => Data::Numbers(numbers),
                TrainingValues::Texts(texts) => Data::Texts(texts),
                _ => panic!("{} is not a feature", column.name),
            };
            (column.name, data)
        })
        .collect();
    Example { reference, columns }
}

impl Example {
    /// `ROWS` rows of the hold-out sample, drawn with replacement. With `spaced`, draws ten times as many and takes
    /// every tenth in the order of that feature, as the generator of the example does for the day on which amounts
    /// drift.
    fn window(&self, spaced: Option<&str>, draw: &mut Draw) -> Vec<(String, Data)> {
        let all = self.columns[0].1.len();
        let rows: Vec<usize> = match spaced.map(|name| self.columns.iter().find(|(own, _)| own == name).unwrap()) {
            Some((_, Data::Numbers(order))) => {
                let mut many: Vec<usize> = (0..10 * ROWS).map(|_| draw.below(all)).collect();
                many.sort_by(|a, b| order[*a].total_cmp(&order[*b]));
                many.into_iter().skip(draw.below(10)).step_by(10).collect()
            }
            _ => (0..ROWS).map(|_| draw.below(all)).collect(),
        };
        let pick = |data: &Data| match data {
            Data::Numbers(numbers) => Data::Numbers(rows.iter().map(|row| numbers[*row]).collect()),
            Data::Texts(texts) => {
                Data::Texts(rows.iter().map(|row| texts[*row].clone().filter(|text| text != "__MISSING__")).collect())
            }
        };
        self.columns.iter().map(|(name, data)| (name.clone(), pick(data))).collect()
    }

    /// Checks that in nearly all draws each named feature has its severity and every other feature is stable.
    fn detects(
        &self,
        expected: &[(&str, Severity)],
        spaced: Option<&str>,
        incident: impl Fn(&mut Vec<(String, Data)>, &mut Draw),
    ) {
        let mut detected = 0;
        for seed in 0..DRAWS {
            let mut draw = Draw::seeded(seed as u64 + 77);
            let mut window = self.window(spaced, &mut draw);
            incident(&mut window, &mut draw);
            let (drift, verdict) = judged(&self.reference, &window, &Policy::default());
            let is_detected = drift.features.iter().zip(&verdict.features).all(|(feature, verdict)| {
                let expected = expected.iter().find(|(name, _)| *name == feature.name);
                verdict.severity == expected.map_or(Severity::Stable, |(_, severity)| *severity)
            });
            detected += usize::from(is_detected);
            if !is_detected {
                for (feature, verdict) in drift.features.iter().zip(&verdict.features) {
                    if verdict.severity != Severity::Stable {
                        println!("draw {seed} {}: {} {:?}", feature.name, verdict.severity, verdict.opinions);
                    }
                }
            }
        }
        println!("{expected:?}: {detected} of {DRAWS}");
        assert!(detected * 100 >= 95 * DRAWS, "{expected:?}: detected in {detected} of {DRAWS} draws");
    }
}

fn edit(window: &mut [(String, Data)], name: &str, mut change: impl FnMut(&mut f64)) {
    let (_, data) = window.iter_mut().find(|(own, _)| own == name).unwrap();
    let Data::Numbers(numbers) = data else { panic!("{name} is not numeric") };
    numbers.iter_mut().for_each(&mut change);
}

#[test]
fn incidents_of_the_example_at_500_rows() {
    let example = example();
    example.detects(&[], None, |_, _| {});
    example.detects(&[("EXT_SOURCE_2", Severity::Alarm)], None, |window, draw| {
        edit(window, "EXT_SOURCE_2", |value| {
            if draw.chance(0.09) {
                *value = f64::NAN;
            }
        });
    });
    example.detects(&[("ORGANIZATION_TYPE", Severity::Alarm)], None, |window, draw| {
        let (_, data) = window.iter_mut().find(|(name, _)| name == "ORGANIZATION_TYPE").unwrap();
        let Data::Texts(texts) = data else { panic!("not categorical") };
        texts.iter_mut().filter(|_| draw.chance(0.12)).for_each(|text| *text = Some("Platform work".to_owned()));
    });
    example.detects(&[("AMT_REQ_CREDIT_BUREAU_QRT", Severity::Alarm)], None, |window, draw| {
        edit(window, "AMT_REQ_CREDIT_BUREAU_QRT", |value| {
            if *value == 0.0 && draw.chance(3.0 / 7.0) {
                *value = if draw.chance(0.7) { 1.0 } else { 2.0 };
            }
        });
    });
    example.detects(&[("DAYS_EMPLOYED", Severity::Alarm)], None, |window, draw| {
        edit(window, "DAYS_EMPLOYED", |value| {
            if draw.chance(0.06) {
                *value = 365_243.0;
            }
        });
    });
    example.detects(
        &[("AMT_CREDIT", Severity::Watch), ("AMT_ANNUITY", Severity::Alarm)],
        Some("AMT_CREDIT"),
        |window, _| {
            edit(window, "AMT_CREDIT", |value| *value = (*value * 1.3).round());
            edit(window, "AMT_ANNUITY", |value| *value = (*value * 1.5).round());
        },
    );
}
