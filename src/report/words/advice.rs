//! What to do about a finding: the first thing a colleague who knows drift would try.

use vigie_profile::shown::shown;

use super::Language;
use crate::{
    drift::{BinKind, FeatureDrift},
    judge::{Finding, Severity, Test},
    report::Report,
};

/// A step and where to look, `#f12` or `#service`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub subject: String,
    pub link: String,
    pub advice: String,
}

/// The steps of the worst findings, one a subject, at most three.
pub(crate) fn steps(report: &Report, language: Language) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
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
        steps.push(Step {
            subject: String::new(),
            link: String::new(),
            advice: language
                .pick("Nothing: all is as it was in the reference.", "Rien : tout est comme dans la référence.")
                .to_owned(),
        });
    }
    steps
}

fn step(report: &Report, finding: &Finding, language: Language) -> Step {
    let place = finding
        .feature
        .as_ref()
        .and_then(|name| report.drift.features.iter().position(|feature| feature.name == *name));
    let drift = place.and_then(|place| report.drift.features.get(place));
    Step {
        subject: finding.feature.as_deref().map_or_else(|| language.subject(finding.test).to_owned(), shown),
        link: anchor(finding.test, place),
        advice: advice(finding, drift, language).to_owned(),
    }
}

/// The part of the page that shows what a finding is about.
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
    let fuller = finding.value.is_some_and(|moved| moved > 0.0);
    match finding.test {
        Test::Psi | Test::Ks | Test::Chi2 => moved(drift, language),
        Test::Missing if fuller => language.pick(
            "find out which source or join stopped filling it, and since when; until then its scores rest on less.",
            "trouver quelle source ou jointure ne la remplit plus, et depuis quand ; d’ici là les scores reposent sur moins.",
        ),
        Test::Missing => language.pick(
            "it is filled more often than in the reference: ask whether a default now stands where a gap was.",
            "elle est plus souvent remplie que dans la référence : une valeur par défaut remplace-t-elle un vide ?",
        ),
        Test::Unseen => language.pick(
            "the model has never learnt these levels: check for a renamed or new category upstream, and map it.",
            "le modèle n’a jamais appris ces modalités : chercher une catégorie renommée ou nouvelle en amont, et la traduire.",
        ),
        Test::Absent => language.pick(
            "the log no longer sends it: check the service’s last release and the mapping of fields.",
            "le journal ne l’envoie plus : vérifier la dernière livraison du service et la correspondance des champs.",
        ),
        Test::ShareRefused => language.pick(
            "tell whoever owns the credit policy; the features that moved are where to look for the cause.",
            "prévenir le responsable de la politique de crédit ; chercher la cause dans les variables qui ont bougé.",
        ),
        Test::Score => language.pick(
            "the score itself has moved: look at the features that moved, most important first.",
            "le score lui-même a bougé : regarder les variables qui ont bougé, les plus importantes d’abord.",
        ),
        Test::Latency => language.pick(
            "look at the service’s load and its last release: the busiest hours stand below.",
            "regarder la charge du service et sa dernière livraison : les heures chargées sont plus bas.",
        ),
        Test::ErrorRate => language.pick(
            "look at the service’s errors: statuses and examples stand below.",
            "regarder les erreurs du service : statuts et exemples sont plus bas.",
        ),
        Test::ModelVersion => language.pick(
            "check which version is deployed where, and that the config names the one that is meant.",
            "vérifier quelle version est déployée où, et que la configuration nomme la bonne.",
        ),
        Test::NoData => language.pick(
            "see whether the service is up, and whether its log is written where the config looks for it.",
            "voir si le service tourne, et si son journal est écrit là où la configuration le cherche.",
        ),
        Test::TooFew => language.pick(
            "wait for more rows or take a longer window; policy.min_rows says how many are needed.",
            "attendre plus de lignes ou allonger la fenêtre ; policy.min_rows dit combien il en faut.",
        ),
        Test::Source => language.pick(
            "repair or remove what cannot be read; its rows are not part of this report.",
            "réparer ou retirer ce qui est illisible ; ses lignes ne sont pas dans ce rapport.",
        ),
        Test::Labels => language.pick(
            "repair or remove what cannot be read; the costs of this report do not know its rows.",
            "réparer ou retirer ce qui est illisible ; les coûts de ce rapport ignorent ses lignes.",
        ),
        Test::Parity => language.pick(
            "the log’s scores are not those of this model file: check what is deployed.",
            "les scores du journal ne sont pas ceux de ce fichier de modèle : vérifier ce qui est déployé.",
        ),
        Test::RunFailed => language.pick(
            "read the sentence, mend what it names, and run vigie check.",
            "lire la phrase, réparer ce qu’elle nomme, puis lancer vigie check.",
        ),
        Test::Volume => language.pick(
            "ask whether a channel was opened or closed, or whether part of the log is lacking.",
            "demander si un canal a ouvert ou fermé, ou si une partie du journal manque.",
        ),
        Test::StaleReference => language.pick(
            "learn a new reference from recent rows whose outcome is known.",
            "apprendre une nouvelle référence sur des lignes récentes dont l’issue est connue.",
        ),
        Test::Auc | Test::RealisedAuc => language.pick(
            "see which features and segments moved; if it lasts, train the model again on recent rows.",
            "voir quelles variables et quels segments ont bougé ; si cela dure, réentraîner le modèle sur des lignes récentes.",
        ),
        Test::SegmentScore => language.pick(
            "ask what changed for these applicants alone: a channel, a product, a source that only they pass through.",
            "demander ce qui a changé pour ces seuls demandeurs : un canal, un produit, une source qui ne sert qu’à eux.",
        ),
        Test::Disparity => language.pick(
            "show it to whoever answers for fair lending, with the features that differ between the two groups.",
            "le montrer au responsable de l’équité du crédit, avec les variables qui diffèrent entre les deux groupes.",
        ),
        Test::Cost | Test::RealisedCost => language.pick(
            "compare the threshold with the one that would have been cheapest.",
            "comparer le seuil avec celui qui aurait coûté le moins.",
        ),
    }
}

/// Values moved: the bin that moved most tells what kind of cause to look for.
fn moved(drift: Option<&FeatureDrift>, language: Language) -> &'static str {
    let most = drift.and_then(|drift| drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)));
    match most.map(|bin| bin.kind) {
        Some(BinKind::Above | BinKind::Below) => language.pick(
            "values lie outside all the reference ever had: check unit, currency or a sentinel value upstream.",
            "des valeurs sortent de tout ce que la référence a connu : vérifier unité, devise ou valeur sentinelle en amont.",
        ),
        Some(BinKind::Missing) => language.pick(
            "its gaps have changed: find out which source or join fills it, and since when it is otherwise.",
            "ses manquants ont changé : trouver quelle source ou jointure la remplit, et depuis quand.",
        ),
        Some(BinKind::Unseen) => language.pick(
            "the model has never learnt these levels: check for a renamed or new category upstream, and map it.",
            "le modèle n’a jamais appris ces modalités : chercher une catégorie renommée ou nouvelle en amont, et la traduire.",
        ),
        _ => language.pick(
            "ask what changed in who applies or how it is measured; if it lasts, learn a new reference and test the model.",
            "demander ce qui a changé dans la clientèle ou la mesure ; si cela dure, refaire la référence et tester le modèle.",
        ),
    }
}
