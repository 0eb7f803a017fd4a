//! Provenance of the numbers, the limits applied, and notes about both.

use vigie_profile::shown::shown;

use super::fact::{Fact, fact};
use crate::{
    judge::Limits,
    reference::Holdout,
    report::{
        Report,
        words::{Language, format::minute},
    },
};

pub(crate) fn notes(report: &Report, language: Language) -> Vec<String> {
    let mut notes = Vec::new();
    match report.reference.holdout {
        Holdout::Yes => {}
        Holdout::No => notes.push(
            language
                .pick(
                    "The reference contains rows that the model was trained on. The model fits these rows better than others, so some drift of the score is expected.",
                    "La référence contient des lignes d’entraînement du modèle, auxquelles il s’ajuste mieux qu’à d’autres\u{a0}: une certaine dérive du score est donc attendue.",
                )
                .to_owned(),
        ),
        Holdout::Unknown => notes.push(
            language
                .pick(
                    "It is not known whether the reference’s rows were held out of training (vigie learn --holdout yes|no).",
                    "On ne sait pas si les lignes de la référence ont été exclues de l’entraînement (vigie learn --holdout yes|no).",
                )
                .to_owned(),
        ),
    }
    if report.importance.iter().all(Option::is_none) {
        notes.push(
            language
                .pick(
                    "No model was read, so all features have the same weight and none counts as important.",
                    "Aucun modèle n’a été lu\u{a0}: toutes les variables ont le même poids et aucune n’est considérée comme importante.",
                )
                .to_owned(),
        );
    }
    if report.reference.reduced {
        notes.push(
            language
                .pick(
                    "The reference was imported as a table of binned distributions: PSI is measured, but neither KS nor chi-square.",
                    "La référence a été importée sous forme de distributions par classes\u{a0}: le PSI est mesuré, mais ni KS ni khi-deux.",
                )
                .to_owned(),
        );
    }
    for what in &report.examined.missing_fields {
        notes.push(match language {
            Language::English => format!("No record has the mapped field {}.", shown(what)),
            Language::French => format!("Aucun enregistrement ne contient le champ déclaré {}.", shown(what)),
        });
    }
    if let Some(files) = &report.run.skipped_files {
        notes.push(match language {
            Language::English => format!("Files {}.", shown(files)),
            Language::French => format!("Fichiers\u{a0}: {}.", shown(files)),
        });
    }
    if let Some(later) = report.examined.empty_later {
        let (from, to) = (minute(later.from), minute(later.to));
        notes.push(match language {
            Language::English => format!("Later windows have no records ({from} to {to})."),
            Language::French => {
                format!("Les fenêtres suivantes ne contiennent aucun enregistrement (du {from} au {to}).")
            }
        });
    }
    if let Some(other) = &report.other_version {
        let rows = language.row_count(other.n_window);
        notes.push(match (language, language.is_plural(other.n_window)) {
            (Language::English, true) => {
                format!("{rows} were answered by a different model version and are measured separately.")
            }
            (Language::English, false) => {
                format!("{rows} was answered by a different model version and is measured separately.")
            }
            (Language::French, true) => {
                format!("{rows} proviennent d’une autre version du modèle et sont mesurées séparément.")
            }
            (Language::French, false) => {
                format!("{rows} provient d’une autre version du modèle et est mesurée séparément.")
            }
        });
    }
    notes
}

pub(crate) fn limits(report: &Report, language: Language) -> Vec<Fact> {
    let policy = &report.policy;
    let limit = |limits: Limits| {
        let show = |limit: Option<f64>| limit.map_or("–".to_owned(), |limit| language.number_plain(limit));
        format!("{} / {}", show(limits.watch), show(limits.alarm))
    };
    vec![
        fact("PSI", limit(policy.psi)),
        fact(language.ks_distance(), limit(policy.ks)),
        fact(language.cramers_v(), limit(policy.chi2)),
        fact(language.missing_moved(), limit(policy.missing)),
        fact(language.unseen_excess(), limit(policy.unseen)),
        fact(language.refused_moved(), limit(policy.share_refused)),
        fact(language.other_version_rows(), limit(policy.model_version)),
        fact(language.error_rate(), limit(policy.error_rate)),
        fact(language.latency_limit(), limit(policy.latency_p95_ms)),
        fact(language.cost_limit(), limit(policy.cost)),
        fact(language.auc_limit(), limit(policy.auc)),
        fact(language.disparity_limit(), limit(policy.disparity)),
        fact(language.pick("significance", "significativité"), format!("q ≤ {}", language.number_plain(policy.q))),
        fact(language.rows_needed(), language.grouped(policy.min_rows)),
    ]
}

pub(crate) fn provenance(report: &Report, language: Language) -> Vec<Fact> {
    let reference = &report.reference;
    let by = language.pick("by", "par");
    let mut facts = Vec::new();
    let model = &report.run.model;
    facts.push(fact(
        language.model(),
        format!("{} {}", shown(&model.name), model.version.as_deref().map(shown).unwrap_or_default()),
    ));
    if let Some(sha256) = &model.sha256 {
        facts.push(fact(language.pick("model sha256", "sha256 du modèle"), sha256.clone()));
    }
    facts.extend([
        fact(language.reference(), report.run.reference_id.clone()),
        fact(language.learnt(), format!("{} {by} vigie {}", minute(reference.created_at), reference.vigie_version)),
        fact(language.rows(), language.grouped(reference.rows)),
        fact(
            language.hold_out(),
            match reference.holdout {
                Holdout::Yes => language.yes(),
                Holdout::No => language.no(),
                Holdout::Unknown => language.unknown(),
            },
        ),
    ]);
    for file in &reference.files {
        facts.push(fact(&file.name, format!("sha256 {}", file.sha256)));
    }
    if let Some(target) = &reference.target {
        facts.push(fact(
            format!("{} {}", language.pick("target", "cible"), target.name),
            language.percent_or_dash(target.share),
        ));
    }
    facts.push(fact(
        language.report_word(),
        format!("{} {} {}", report.id(), language.pick("revision", "révision"), report.run.revision),
    ));
    facts.push(fact(
        language.written(),
        format!("{} {by} vigie {}", minute(report.run.created_at), report.run.vigie_version),
    ));
    facts.push(fact(language.pick("config sha256", "sha256 de la configuration"), report.run.config_sha256.clone()));
    if let Some(seconds) = report.run.attribution_seconds {
        let name = language.pick("duration of attribution", "durée de l’attribution");
        facts.push(fact(name, format!("{} s", language.number(seconds))));
    }
    facts
}
