//! Measures: each has words, a config key and a metric, and its limits need an effect and evidence.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use vigie::{
    judge::{
        Bound, Case, Facts, Finding, Limits, Measure, Override, PerMeasure, Policy, Service, Subject, Test, judge,
    },
    report::{Language, report_schema},
};
use vigie_profile::layout::Kind;

use crate::support::{
    draw::Draw,
    lab::{Data, judged, learnt},
};

const NEW: [Measure; 2] = [Measure::Wasserstein, Measure::JensenShannon];
const OFF: Limits = Limits { watch: None, alarm: None };

/// A numeric feature, a categorical one and the score; `shift` is 0 for the reference.
fn columns(rows: usize, shift: f64, draw: &mut Draw) -> Vec<(String, Data)> {
    let numbers = (0..rows).map(|_| draw.normal() + shift).collect();
    let level = |draw: &mut Draw| if draw.chance(0.3 + 0.2 * shift) { "a" } else { "b" };
    let levels = (0..rows).map(|_| Some(level(draw).to_owned())).collect();
    let scores = (0..rows).map(|_| draw.uniform().powf(1.0 + shift)).collect();
    [("x", Data::Numbers(numbers)), ("c", Data::Texts(levels)), ("p", Data::Numbers(scores))]
        .map(|(name, data)| (name.to_owned(), data))
        .into()
}

fn policy(limits: impl Fn(Measure) -> Limits) -> Policy {
    Policy { min_rows: 1, limits: PerMeasure::from_fn(limits), ..Policy::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// With limits on the new distances, a finding is an effect that reaches its limit, with evidence; all others stay.
    #[test]
    fn a_finding_needs_an_effect_and_evidence(
        seed in any::<u64>(),
        rows in 50_usize..1_500,
        shift in prop_oneof![Just(0.0), 0.0_f64..0.6],
        limit in 0.01_f64..0.5,
    ) {
        let mut draw = Draw::seeded(seed);
        let reference = learnt(&columns(3_000, 0.0, &mut draw));
        let window = columns(rows, shift, &mut draw);
        let default = policy(|measure| *Policy::default().limits.get(measure));
        let limited = policy(|measure| {
            if NEW.contains(&measure) {
                Limits { watch: Some(limit), alarm: None }
            } else {
                *Policy::default().limits.get(measure)
            }
        });
        let (drift, verdict) = judged(&reference, &window, &limited);
        let (requests, importance) = (rows as u64, reference.importance());
        let service = &Service { requests, answered: requests, ..Service::default() };
        let plain = judge(&Case { drift: &drift, absent: &[], importance, service, policy: &default });
        let is_new =
            |facts: &Facts| matches!(facts, Facts::Distance { measure, .. } if NEW.contains(measure));
        prop_assert!(plain.findings.iter().all(|finding| !is_new(&finding.facts)));
        let old: Vec<&Finding> = verdict.findings.iter().filter(|finding| !is_new(&finding.facts)).collect();
        prop_assert_eq!(old, plain.findings.iter().collect::<Vec<_>>());
        for (feature, judged) in drift.features.iter().zip(&verdict.features) {
            for measure in NEW {
                let subject = Subject::Feature(feature.name.clone());
                let finding = verdict
                    .findings
                    .iter()
                    .find(|finding| finding.subject == subject && finding.test == Test::Measure(measure));
                let effect = measure.effect(feature);
                prop_assert_eq!(effect.is_some(), measure.applies_to(feature.kind));
                let Some(effect) = effect else { continue };
                let least = effect.bounds.map_or(effect.value, |(least, _)| least);
                let q = judged.qs.get(measure);
                let expected = least >= limit && q.is_some_and(|q| q <= limited.q);
                prop_assert_eq!(finding.is_some(), expected, "{:?} {:?} {:?}", measure, effect, q);
                if let Some(finding) = finding {
                    prop_assert_eq!((finding.value, finding.q_value), (Some(effect.value), q));
                }
            }
        }
    }
}

#[test]
fn bounds_that_leave_a_wasserstein_limit_open_are_refined() {
    let mut draw = Draw::seeded(8);
    let normal = |rows: usize, std: f64, draw: &mut Draw| -> Vec<(String, Data)> {
        vec![("x".to_owned(), Data::Numbers((0..rows).map(|_| draw.normal() * std).collect()))]
    };
    let reference = learnt(&normal(8_000, 1.0, &mut draw));
    let window = normal(20_000, 1.2, &mut draw);
    let (drift, verdict) = judged(&reference, &window, &policy(|_| OFF));
    let effect = Measure::Wasserstein.effect(&drift.features[0]).unwrap();
    let (least, greatest) = effect.bounds.expect("nothing needs the exact distance");
    assert!(least < greatest && verdict.findings.is_empty(), "{effect:?}");
    let limited = |watch: f64| {
        policy(|measure| match measure {
            Measure::Wasserstein => Limits { watch: Some(watch), alarm: None },
            _ => OFF,
        })
    };
    let (drift, verdict) = judged(&reference, &window, &limited(f64::midpoint(least, greatest)));
    let exact = Measure::Wasserstein.effect(&drift.features[0]).unwrap();
    assert!(exact.bounds.is_none() && least <= exact.value && exact.value <= greatest, "{exact:?}");
    assert_eq!(verdict.findings.is_empty(), exact.value < f64::midpoint(least, greatest));
    let (drift, verdict) = judged(&reference, &window, &limited(greatest * 1.01));
    assert!(Measure::Wasserstein.effect(&drift.features[0]).unwrap().bounds.is_some(), "the severity is known");
    assert!(verdict.findings.is_empty());
}

#[test]
fn only_measures_with_a_test_are_pooled() {
    let mut draw = Draw::seeded(3);
    let reference = learnt(&columns(2_000, 0.0, &mut draw));
    let (drift, verdict) = judged(&reference, &columns(1_000, 0.3, &mut draw), &policy(|_| OFF));
    let p: Vec<f64> = drift
        .features
        .iter()
        .flat_map(|feature| Measure::ALL.iter().filter_map(|measure| measure.p_value(feature, Bound::Lower)))
        .collect();
    assert!(!p.is_empty());
    let mut q = vigie_stats::benjamini_hochberg(&p);
    q.sort_by(f64::total_cmp);
    let mut judged: Vec<f64> = Vec::new();
    for (feature, verdict) in drift.features.iter().zip(&verdict.features) {
        let own = Measure::ALL.iter().filter(|measure| measure.p_value(feature, Bound::Lower).is_some());
        judged.extend(own.filter_map(|measure| verdict.qs.get(*measure)));
        assert_eq!(verdict.qs.get(Measure::Wasserstein), verdict.qs.get(Measure::Ks));
        assert_eq!(verdict.qs.get(Measure::JensenShannon), verdict.qs.get(Measure::Psi));
    }
    judged.sort_by(f64::total_cmp);
    assert_eq!(judged, q);
    for measure in NEW {
        assert!(drift.features.iter().all(|feature| measure.p_value(feature, Bound::Lower).is_none()), "{measure:?}");
    }
}

#[test]
fn every_measure_has_words_a_key_and_a_metric() {
    let defaults = serde_json::to_value(Policy::default()).unwrap();
    let described = report_schema();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for measure in Measure::ALL.iter().copied() {
        let word = measure.word();
        assert!(defaults[word].get("watch").is_some() && defaults[word].get("alarm").is_some(), "{word}");
        let own: Override = serde_json::from_value(json!({ word: { "watch": 0.5, "alarm": null } })).unwrap();
        assert_eq!(own.limits.get(measure).unwrap().watch, Some(0.5), "{word}");
        let policy = Policy { features: [("x".to_owned(), own)].into(), ..Policy::default() };
        assert_eq!(policy.limits_of("x").get(measure).watch, Some(0.5));
        assert_eq!(policy.limits_of("y"), policy.limits);
        assert_eq!(Test::parse(word), Some(Test::Measure(measure)));
        assert!(described.contains(&format!("\"{word}\"")), "the schema of a report lacks {word}");
        let (metric, help) = measure.feature_metric();
        assert!(metric.starts_with("vigie_feature_") && help.ends_with('.'), "{metric}");
        assert!(measure.score_metric().is_none_or(|(metric, _)| metric.starts_with("vigie_score_")));
        assert!(measure.applies_to(Kind::Numeric) || measure.applies_to(Kind::Categorical));
        for language in [Language::English, Language::French] {
            let name = language.measure_name(measure);
            assert_eq!(name, language.test_name(Test::Measure(measure)));
            seen.insert(format!("{} {name}", language.code()));
        }
        seen.insert(metric.to_owned());
    }
    assert_eq!(seen.len(), 3 * Measure::ALL.len(), "names and metrics are distinct: {seen:?}");
    for (key, json) in [("cramers_v", "{}"), ("psi", r#"{"wach": 1}"#)] {
        let own: Value = json!({ key: serde_json::from_str::<Value>(json).unwrap() });
        assert!(serde_json::from_value::<Override>(own.clone()).is_err(), "{own}");
        assert!(serde_json::from_value::<Policy>(own.clone()).is_err(), "{own}");
    }
}
