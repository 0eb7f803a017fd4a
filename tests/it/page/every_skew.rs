//! Findings about skew of every kind, for tests of words.

use vigie::{
    drift::CommonValue,
    fault::LeftOut,
    judge::{Facts, SkewCause, StoryBlock},
    skew::{RenamedLevel, SkewKind},
};

/// Facts about features that differ in every way, one by one and together, and about a table that was not compared.
pub(super) fn every_skew() -> Vec<Facts> {
    let level = |text: Option<&str>| RenamedLevel {
        stored: text.map(ToOwned::to_owned),
        logged: text.map(str::to_uppercase),
        rows: 9,
    };
    let constant = |value, of_missing| SkewKind::Constant { value, of_missing };
    let kinds = [
        SkewKind::MissingInLog,
        SkewKind::MissingInTable,
        constant(CommonValue::Number(365_243.0), true),
        constant(CommonValue::Level(Some("x".to_owned())), false),
        constant(CommonValue::Level(None), false),
        SkewKind::Factor { factor: 365.25 },
        SkewKind::Factor { factor: 0.001 },
        SkewKind::Factor { factor: -1.0 },
        SkewKind::Factor { factor: -2.5 },
        SkewKind::Offset { by: 1.0 },
        SkewKind::Offset { by: -1.0 },
        SkewKind::Renamed { levels: vec![level(Some("a"))], more: 3 },
        SkewKind::Renamed { levels: vec![level(None)], more: 0 },
        SkewKind::Other,
    ];
    let cause = |how: &SkewKind| SkewCause {
        how: how.clone(),
        block: None,
        named: vec!["AGE".to_owned()],
        more: 0,
        share: 0.3,
    };
    let whole = StoryBlock { prefix: "JOB_".to_owned(), features: 3, affected: 3 };
    let part = StoryBlock { affected: 2, ..whole.clone() };
    let blocks = [Some(whole), Some(part), None].map(|block| SkewCause { block, more: 4, ..cause(&SkewKind::Other) });
    let single = kinds.iter().map(|how| Facts::Skew { compared: 700, causes: vec![cause(how)], more: 0 });
    let lost = Facts::LeftOut(LeftOut { place: None, cause: Some("features.path: it is gone".to_owned()) });
    single.chain([Facts::Skew { compared: 1, causes: blocks.to_vec(), more: 1 }, lost]).collect()
}
