//! Provenance of the numbers, the limits applied, and notes about both.

use vigie_profile::{decision::HighScore, shown::shown};

use super::fact::{Fact, fact};
use crate::{
    judge::{Limits, Measure, Test},
    reference::Holdout,
    report::{Report, words::Language},
};

pub(crate) fn notes(report: &Report, language: Language) -> Vec<String> {
    let labels = language.labels();
    let fixed = [
        (report.reference.holdout == Holdout::No, labels.not_held_out),
        (report.reference.holdout == Holdout::Unknown && report.tables.is_none(), labels.hold_out_unknown),
        (report.importance.iter().all(Option::is_none), labels.no_importance),
        (report.reference.reduced && report.against.is_none(), labels.binned_reference),
        (report.verdict.is_of_selection(), labels.selection),
    ];
    let against = report.against.as_ref().map(|against| language.against(against));
    let mut notes: Vec<String> = against.into_iter().collect();
    let tables = report.tables.iter().filter(|tables| !tables.not_compared.is_empty());
    notes.extend(tables.map(|tables| language.not_compared(&shown_all(&tables.not_compared))));
    notes.extend(report.other_model.as_ref().map(|other| language.other_model(other)));
    notes.extend(fixed.into_iter().filter(|(applies, _)| *applies).map(|(_, note)| note.to_owned()));
    notes.extend(report.examined.missing_fields.iter().map(|field| language.field_not_found(field)));
    if !report.examined.doubled_names.is_empty() {
        notes.push(language.doubled_names(&report.examined.doubled_names));
    }
    notes.extend(report.examined.complaints.decimal_comma().map(|example| language.decimal_comma(example)));
    let skipped = report.run.skipped_files.as_ref();
    notes.extend(skipped.map(|skipped| format!("{} {}.", language.files(), language.skipped_files(skipped))));
    notes.extend(report.examined.empty_later.map(|later| language.empty_later(later)));
    notes.extend(report.other_version.as_ref().map(|other| language.other_version(other.n_window)));
    notes
}

fn shown_all(names: &[String]) -> Vec<String> {
    names.iter().map(|name| shown(name)).collect()
}

pub(crate) fn limits(report: &Report, language: Language) -> Vec<Fact> {
    let labels = language.labels();
    let policy = &report.policy;
    let limit = |limits: Limits| {
        let show = |limit: Option<f64>| limit.map_or("–".to_owned(), |limit| language.number_plain(limit));
        format!("{} / {}", show(limits.watch), show(limits.alarm))
    };
    let name = |measure| match measure {
        Measure::Chi2 => labels.cramers_v,
        Measure::Missing => labels.missing_moved,
        Measure::Unseen => labels.unseen_excess,
        _ => language.measure_name(measure),
    };
    let measures = Measure::ALL.iter().map(|measure| fact(name(*measure), limit(*policy.limits.get(*measure))));
    let mut limits: Vec<Fact> = measures.collect();
    limits.extend([
        fact(labels.refused_moved, limit(policy.share_refused)),
        fact(labels.other_version_rows, limit(policy.model_version)),
        fact(labels.error_rate, limit(policy.error_rate)),
        fact(language.test_name(Test::LeftOut), limit(policy.left_out)),
        fact(labels.latency_limit, limit(policy.latency_p95_ms)),
        fact(labels.cost_limit, limit(policy.cost)),
        fact(labels.auc_limit, limit(policy.auc)),
        fact(labels.disparity_limit, limit(policy.disparity)),
        fact(labels.stale_limit, limit(policy.stale)),
        fact(labels.significance, format!("q ≤ {}", language.number_plain(policy.q))),
        fact(labels.rows_needed, language.grouped(policy.min_rows)),
    ]);
    if report.decisions.as_ref().is_some_and(|decisions| decisions.overrides_allowed) {
        limits.push(fact(labels.overrides_limit, limit(policy.overrides)));
    }
    limits
}

pub(crate) fn provenance(report: &Report, language: Language) -> Vec<Fact> {
    let labels = language.labels();
    let reference = &report.reference;
    let mut facts = Vec::new();
    let model = &report.run.model;
    facts.push(fact(
        labels.model,
        format!("{} {}", shown(&model.name), model.version.as_deref().map(shown).unwrap_or_default()),
    ));
    // Nearly all scores are probabilities of default.
    if model.event != model.high_score.usual_event() || model.high_score == HighScore::Good {
        let meaning = match model.high_score {
            HighScore::Bad => labels.high_score_bad,
            HighScore::Good => labels.high_score_good,
        };
        facts.push(fact(labels.event_of_score, format!("{} ({meaning})", shown(&model.event))));
    }
    if let Some(registered) = &model.registered {
        let version = format!("version {} ({})", registered.version, shown(&registered.address));
        facts.push(fact(labels.registry_version, version));
    }
    if let Some(sha256) = &model.sha256 {
        facts.push(fact(labels.model_sha256, sha256.clone()));
    }
    facts.extend([
        fact(labels.reference, report.run.reference_id.clone()),
        fact(labels.learnt, language.made(reference.created_at, &reference.vigie_version)),
        fact(labels.rows, language.grouped(reference.rows)),
        fact(
            labels.hold_out,
            match reference.holdout {
                Holdout::Yes => labels.yes,
                Holdout::No => labels.no,
                Holdout::Unknown => labels.unknown,
            },
        ),
    ]);
    for file in &reference.files {
        facts.push(fact(&file.name, format!("sha256 {}", file.sha256)));
    }
    if let Some(target) = &reference.target {
        facts.push(fact(language.target(&target.name), language.percent_or_dash(target.share)));
    }
    facts.push(fact(labels.report_word, language.revision(&report.id(), report.run.revision)));
    facts.push(fact(labels.written, language.made(report.run.created_at, &report.run.vigie_version)));
    facts.push(fact(labels.config_sha256, report.run.config_sha256.clone()));
    if let Some(seconds) = report.run.attribution_seconds {
        facts.push(fact(labels.attribution_duration, format!("{} s", language.number(seconds))));
    }
    facts
}
