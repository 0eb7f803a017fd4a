//! Recommended next steps: what an experienced colleague would check first for each finding.

use super::Language;
use crate::{
    drift::{FeatureDrift, PsiBinKind},
    judge::{Finding, Severity, Test},
    report::Report,
};

/// A next step, with a link to the relevant part of the page (`#f12` or `#service`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextStep {
    pub subject: String,
    pub link: String,
    pub advice: String,
}

/// Returns the steps for the worst findings, one per subject, at most three.
pub(crate) fn steps(report: &Report, language: Language) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    for finding in &report.verdict.findings {
        if steps.len() == 3 {
            break;
        }
        let step = step(report, finding, language);
        if steps.iter().all(|other| other.subject != step.subject) {
            steps.push(step);
        }
    }
    if steps.is_empty() && report.verdict.severity == Severity::Stable {
        steps.push(NextStep {
            subject: String::new(),
            link: String::new(),
            advice: language
                .pick("Nothing: everything matches the reference.", "Rien\u{a0}: tout est conforme à la référence.")
                .to_owned(),
        });
    }
    steps
}

fn step(report: &Report, finding: &Finding, language: Language) -> NextStep {
    let name = finding.subject.feature();
    let place = name.and_then(|name| report.drift.features.iter().position(|feature| feature.name == name));
    let drift = place.and_then(|place| report.drift.features.get(place));
    NextStep {
        subject: language.subject(finding),
        link: anchor(finding.test, place),
        advice: advice(finding, drift, language).to_owned(),
    }
}

/// Returns the anchor of the page section about a finding's subject.
pub(crate) fn anchor(test: Test, feature: Option<usize>) -> String {
    match (feature, test) {
        (Some(place), _) => format!("#f{place}"),
        (None, Test::Score | Test::ShareRefused) => "#score".to_owned(),
        (None, Test::Latency | Test::ErrorRate | Test::Volume | Test::ModelVersion) => "#service".to_owned(),
        (None, Test::SegmentScore | Test::Disparity) => "#segments".to_owned(),
        (None, Test::Auc | Test::RealisedAuc | Test::Cost | Test::RealisedCost | Test::Labels) => {
            "#performance".to_owned()
        }
        (None, Test::Source | Test::NoData | Test::TooFew) => "#quality".to_owned(),
        (None, _) => "#findings".to_owned(),
    }
}

fn advice(finding: &Finding, drift: Option<&FeatureDrift>, language: Language) -> &'static str {
    let has_more_missing = finding.value.is_some_and(|change| change > 0.0);
    match finding.test {
        Test::Psi | Test::Ks | Test::Chi2 => values_advice(drift, language),
        Test::Missing if has_more_missing => language.pick(
            "find out which source or join stopped filling it, and when; until it is fixed, scores rely on less information.",
            "identifier la source ou la jointure qui ne l’alimente plus, et depuis quand\u{a0}; d’ici là, les scores reposent sur moins d’information.",
        ),
        Test::Missing => language.pick(
            "it is filled more often than in the reference: check whether a default value now replaces missing values.",
            "elle est plus souvent renseignée que dans la référence\u{a0}: vérifier si une valeur par défaut remplace désormais les manquants.",
        ),
        Test::Unseen => unseen_advice(language),
        Test::Absent => language.pick(
            "the log no longer contains it: check the service’s last release and the field mapping.",
            "le journal ne la contient plus\u{a0}: vérifier la dernière mise en production du service et la correspondance des champs.",
        ),
        Test::ShareRefused => language.pick(
            "inform the owner of the credit policy; look for the cause among the drifted features.",
            "prévenir le responsable de la politique d’octroi\u{a0}; chercher la cause parmi les variables en dérive.",
        ),
        Test::Score => language.pick(
            "the score itself has drifted: examine the drifted features, most important first.",
            "le score lui-même a dérivé\u{a0}: examiner les variables en dérive, les plus importantes d’abord.",
        ),
        Test::Latency => language.pick(
            "check the service’s load and its last release; latency by hour is shown below.",
            "vérifier la charge du service et sa dernière mise en production\u{a0}; la latence par heure figure plus bas.",
        ),
        Test::ErrorRate => language.pick(
            "examine the service’s errors; status codes and examples are shown below.",
            "examiner les erreurs du service\u{a0}; les codes de statut et des exemples figurent plus bas.",
        ),
        Test::ModelVersion => language.pick(
            "check which version is deployed where, and that the config names the intended one.",
            "vérifier quelle version est déployée et où, et que la configuration désigne la bonne.",
        ),
        Test::NoData => language.pick(
            "check that the service is up and writes its log to the configured location.",
            "vérifier que le service fonctionne et qu’il écrit son journal à l’emplacement configuré.",
        ),
        Test::TooFew => language.pick(
            "wait for more rows or use a longer window; policy.min_rows sets the minimum.",
            "attendre davantage de lignes ou allonger la fenêtre\u{a0}; policy.min_rows fixe le minimum.",
        ),
        Test::Source => language.pick(
            "fix or remove the unreadable input; its rows are not part of this report.",
            "réparer ou retirer les données illisibles\u{a0}; leurs lignes ne figurent pas dans ce rapport.",
        ),
        Test::Labels => language.pick(
            "fix or remove the unreadable labels; the costs in this report do not include them.",
            "réparer ou retirer les étiquettes illisibles\u{a0}; les coûts de ce rapport n’en tiennent pas compte.",
        ),
        Test::Parity => language.pick(
            "the logged scores do not come from this model file: check what is deployed.",
            "les scores du journal ne proviennent pas de ce fichier de modèle\u{a0}: vérifier ce qui est déployé.",
        ),
        Test::RunFailed => language.pick(
            "fix what the error message names, then run vigie check.",
            "corriger ce que le message d’erreur signale, puis lancer vigie check.",
        ),
        Test::Volume => language.pick(
            "check whether a channel was opened or closed, or whether part of the log is missing.",
            "vérifier si un canal a été ouvert ou fermé, ou si une partie du journal manque.",
        ),
        Test::StaleReference => language.pick(
            "learn a new reference from recent rows with known outcomes.",
            "apprendre une nouvelle référence sur des lignes récentes dont l’issue est connue.",
        ),
        Test::Auc | Test::RealisedAuc => language.pick(
            "check which features and segments have drifted; if the drop persists, retrain the model on recent rows.",
            "examiner les variables et les segments en dérive\u{a0}; si la baisse persiste, réentraîner le modèle sur des données récentes.",
        ),
        Test::SegmentScore => language.pick(
            "find out what changed for these applicants only: a channel, a product, or a data source specific to them.",
            "chercher ce qui a changé pour ces seuls demandeurs\u{a0}: un canal, un produit ou une source de données qui leur est propre.",
        ),
        Test::Disparity => language.pick(
            "report it to the person responsible for fair lending, with the features that differ between the two groups.",
            "le signaler au responsable de la non-discrimination à l’octroi, avec les variables qui diffèrent entre les deux groupes.",
        ),
        Test::Cost | Test::RealisedCost => language.pick(
            "compare the threshold with the cheapest one.",
            "comparer le seuil avec le seuil le moins coûteux.",
        ),
    }
}

fn unseen_advice(language: Language) -> &'static str {
    language.pick(
        "the model was not trained on these levels: check for a new or renamed category upstream, and map it.",
        "le modèle n’a pas été entraîné sur ces modalités\u{a0}: chercher en amont une catégorie nouvelle ou renommée, et la recoder.",
    )
}

/// Advice for drifted values, by the kind of the bin that contributes most.
fn values_advice(drift: Option<&FeatureDrift>, language: Language) -> &'static str {
    let most = drift.and_then(|drift| drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)));
    match most.map(|bin| bin.kind) {
        Some(PsiBinKind::Above | PsiBinKind::Below) => language.pick(
            "values fall outside the reference’s range: check for a changed unit or currency, or a sentinel value, upstream.",
            "des valeurs sortent de l’étendue de la référence\u{a0}: vérifier en amont l’unité, la devise et les valeurs sentinelles.",
        ),
        Some(PsiBinKind::Missing) => language.pick(
            "its share of missing values has changed: find out which source or join fills it, and when that changed.",
            "sa part de manquants a changé\u{a0}: identifier la source ou la jointure qui l’alimente, et depuis quand elle a changé.",
        ),
        Some(PsiBinKind::Unseen) => unseen_advice(language),
        _ => language.pick(
            "find out what changed: the applicant population, or how the value is measured; if the drift persists, learn a new reference and revalidate the model.",
            "chercher ce qui a changé dans la population ou dans la mesure\u{a0}; si la dérive persiste, refaire la référence et revalider le modèle.",
        ),
    }
}
