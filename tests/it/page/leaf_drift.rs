//! The section on drift among the leaves: every case in the language of brackets, and in French.

use vigie::{
    replay::{LeafDrift, MovedFeature, MovedTree, NoPValue, Unmeasured},
    report::{Context, Language, to_html},
};
use vigie_stats::LeafShift;

use super::{
    page::without_no_break_spans,
    pseudo_language::{assert_bracketed, report_of},
    snapshots::drifted,
};

/// A shift that chance does not explain, of features that the log has.
fn moved() -> LeafDrift {
    LeafDrift {
        rows: 2_100,
        reference_rows: 20_000,
        shift: LeafShift { overall: 1.234, strongest: 5.678 },
        p_value: Ok(4e-5),
        trees: vec![MovedTree {
            tree: 12,
            statistic: 61.5,
            dof: 18,
            features: vec!["AGE".to_owned(), "INCOME".to_owned()],
        }],
        features: vec![MovedFeature { name: "AGE".to_owned(), excess: 250.4 }],
        pair: Some(["AGE".to_owned(), "INCOME".to_owned()]),
    }
}

/// A window as any other.
fn unmoved(p_value: Result<f64, NoPValue>) -> LeafDrift {
    LeafDrift { p_value, trees: Vec::new(), features: Vec::new(), pair: None, ..moved() }
}

#[test]
fn every_sentence_comes_from_the_language() {
    let mut report = report_of(&drifted());
    let cases = [
        Ok(moved()),
        Ok(unmoved(Ok(0.43))),
        Ok(LeafDrift { rows: 2_000, ..unmoved(Ok(0.43)) }),
        Ok(unmoved(Err(NoPValue::FewRows(500)))),
        Ok(unmoved(Err(NoPValue::FewReferenceRows(10_000)))),
        Err(Unmeasured::OtherModel),
        Err(Unmeasured::NoRows),
    ];
    for case in cases {
        report.leaf_drift = Some(case);
        assert_bracketed(&report, Vec::new(), &["leaf-drift"]);
    }
}

#[test]
fn the_page_names_features_and_trees_only_with_evidence() {
    let mut report = report_of(&drifted());
    let mut page = |drift: Option<LeafDrift>, language| {
        report.leaf_drift = drift.map(Ok);
        let html = without_no_break_spans(&to_html(&report, &Context { language, ..Context::default() }).unwrap());
        let (_, rest) = html.split_once("<section id=\"leaf-drift\">").unwrap_or_default();
        rest.split("</section>").next().unwrap_or_default().to_owned()
    };
    let section = page(Some(moved()), Language::English);
    for wanted in [
        "It does not affect the verdict.",
        "Beyond chance, 2,100 rows are in other leaves than the reference’s (p = 4e-5)",
        "all trees is 1.23 times",
        "largest is 5.68.",
        "The reference has 20,000 rows, less than ten times as many",
        "the tie between AGE and INCOME, or the first alone.",
        ">AGE</a></th><td>250</td>",
        "<th scope=\"row\">12</th><td>61.5</td><td>18</td>",
    ] {
        assert!(section.contains(wanted), "{wanted}: {section}");
    }
    let french = page(Some(LeafDrift { rows: 2_000, ..moved() }), Language::French);
    assert!(
        french.contains("au-delà du hasard (p = 4e-5)\u{a0}: l’écart de l’ensemble des arbres vaut 1,23\u{a0}fois"),
        "{french}"
    );
    assert!(french.contains("Elle n’entre pas dans le verdict.") && !french.contains("moins de dix fois"), "{french}");
    let calm = page(Some(unmoved(Ok(0.43))), Language::English);
    assert!(calm.contains("no shift beyond chance (p = 0.430)") && !calm.contains("<table>"), "{calm}");
    let few = page(Some(unmoved(Err(NoPValue::FewRows(500)))), Language::English);
    assert!(few.contains("There is no p-value: the window has fewer than 500 rows."), "{few}");
    assert_eq!(page(None, Language::English), "", "without a reference that has leaves there is no section");
}
