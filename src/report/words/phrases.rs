//! Every fixed phrase of the pages, both languages side by side. Sentences with values in them stand in `words`,
//! `reasons` and `advice`.

use vigie_profile::batch::Reason;

use super::Language;
use crate::judge::{Severity, Test};

macro_rules! phrases {
    ($($name:ident: $english:literal, $french:literal;)*) => {
        impl Language {
            $(pub(crate) fn $name(self) -> &'static str {
                self.pick($english, $french)
            })*
        }
    };
}

phrases! {
    // The head of the page.
    skip: "Skip to the findings", "Aller aux constats";
    all_reports: "All reports", "Tous les rapports";
    since_when: "Since when", "Depuis quand";
    what_changed: "Since the last window", "Depuis la dernière fenêtre";
    look_first: "What to do first", "À faire d’abord";
    rows_used: "Rows used", "Lignes utilisées";
    features_moved: "Features that moved", "Variables qui ont bougé";
    share_refused: "Share refused", "Part refusée";
    score_psi: "PSI of the score", "PSI du score";
    latency_p95: "Latency p95", "Latence p95";
    error_rate: "Failed requests", "Requêtes en échec";
    // Sections.
    findings: "Findings", "Constats";
    reading: "PSI, KS and Cramér’s V: how far values moved, 0 is not at all. q: the smaller, the less it can be chance.", "PSI, KS, V de Cramér : de combien les valeurs ont bougé, 0 n’est rien. q : plus il est petit, moins cela peut être le hasard.";
    no_findings: "None: no test is over its limit with evidence.", "Aucun : aucun test ne dépasse sa limite avec preuve.";
    map: "Where the drift is", "Où est la dérive";
    features: "All features", "Toutes les variables";
    score: "Score", "Score";
    service: "Service", "Service";
    quality: "Data quality", "Qualité des données";
    glossary: "What the numbers mean", "Ce que veulent dire les nombres";
    provenance: "Where it comes from", "D’où cela vient";
    // The map.
    map_by_importance: "Each mark is a feature: further right matters more to the model, higher up has moved more.",
        "Chaque marque est une variable : plus à droite, elle compte plus pour le modèle ; plus haut, elle a bougé davantage.";
    map_by_rank: "No model was read, so importance is not known: features stand in the order of their PSI. Set model.file for a map of importance.",
        "Aucun modèle n’a été lu, l’importance n’est donc pas connue : les variables sont dans l’ordre de leur PSI. Renseignez model.file pour une carte par importance.";
    importance: "importance", "importance";
    importance_axis: "importance for the model →", "importance pour le modèle →";
    rank_axis: "features, most moved first →", "variables, les plus déplacées d’abord →";
    // The list of features.
    filter_name: "Find a feature", "Chercher une variable";
    filter_severity: "Severity", "Gravité";
    every_severity: "all", "toutes";
    of_features: "features shown", "variables affichées";
    sort_by: "Sort by", "Trier par";
    feature: "feature", "variable";
    severity: "severity", "gravité";
    distance: "distance", "distance";
    missing: "missing", "manquants";
    trend: "last 30 windows", "30 dernières fenêtres";
    keys: "keys: / finds, Esc clears", "touches : / cherche, Échap efface";
    nothing_found: "No feature matches.", "Aucune variable ne correspond.";
    // One feature.
    reference: "reference", "référence";
    window: "window", "fenêtre";
    bin: "bin", "classe";
    adds_to_psi: "adds to PSI", "part du PSI";
    tests: "test", "test";
    value: "value", "valeur";
    chance_limit: "by chance, 95 %", "par hasard, 95 %";
    mean: "mean", "moyenne";
    deviation: "deviation", "écart-type";
    least: "least", "minimum";
    greatest: "greatest", "maximum";
    median: "median", "médiane";
    levels: "levels", "modalités";
    unseen_levels: "unseen levels", "modalités jamais vues";
    outside_range: "outside the reference’s range", "hors de l’étendue de la référence";
    ks_distance: "KS distance", "distance KS";
    cramers_v: "Cramér’s V", "V de Cramér";
    chi2: "chi-square", "khi-deux";
    numeric: "numeric", "numérique";
    categorical: "categorical", "catégorielle";
    compact: "Stable features stand without their bins here, to keep the page small: report.json has them.",
        "Les variables stables sont ici sans leurs classes, pour une page légère : report.json les contient.";
    missing_bin: "missing", "manquants";
    below_bin: "below the reference", "sous la référence";
    above_bin: "above the reference", "au-dessus de la référence";
    unseen_bin: "unseen levels", "modalités jamais vues";
    rare_bin: "rare levels", "modalités rares";
    // Score, service, quality.
    threshold: "threshold", "seuil";
    refused_from_here: "refused →", "refusé →";
    quantile: "quantile", "quantile";
    no_score: "The log holds no score.", "Le journal ne contient pas de score.";
    requests: "requests", "requêtes";
    failed: "failed", "en échec";
    volume: "Requests by hour, UTC", "Requêtes par heure, UTC";
    latency: "Latency", "Latence";
    latency_by_hour: "Latency by hour of the day, UTC", "Latence par heure du jour, UTC";
    latency_key: "from the median to p99", "de la médiane à p99";
    by_hour_table: "The hours as figures", "Les heures en chiffres";
    hour: "hour", "heure";
    failed_by_status: "failed, by status", "échecs, par statut";
    coarse: "Percentiles by hour are within 1 %.", "Les percentiles par heure sont exacts à 1 % près.";
    no_latency: "The log holds no latency.", "Le journal ne contient pas de latence.";
    answered: "answered", "répondues";
    statuses: "Answers by status", "Réponses par statut";
    status: "status", "statut";
    longest: "longest", "la plus longue";
    records: "records of the window", "enregistrements de la fenêtre";
    left_out_by_where: "left out by where", "écartés par where";
    reason: "reason", "motif";
    count: "count", "nombre";
    examples: "examples", "exemples";
    nothing_left_out: "No row was left out.", "Aucune ligne n’a été écartée.";
    // Performance and money.
    performance: "Performance and money", "Performance et coût";
    figure: "figure", "grandeur";
    calibration: "Calibration: what was said, and what came true", "Calibration : ce qui était annoncé, ce qui s’est réalisé";
    mean_score: "mean score", "score moyen";
    came_true: "came true", "réalisé";
    // Segments.
    segments: "Segments", "Segments";
    segment: "segment", "segment";
    accepted_ratio: "accepted, as a part of the most favoured (95 %)", "accepté, rapporté au plus favorisé (95 %)";
    cost_per_1000: "cost per 1,000", "coût pour 1 000";
    segment_money: "What each segment costs", "Ce que coûte chaque segment";
    expected_cost: "cost per 1,000 expected, in the reference → now (95 %)", "coût pour 1 000 attendu, dans la référence → maintenant (95 %)";
    realised_cost: "cost per 1,000 by labels (95 %)", "coût pour 1 000 d’après les étiquettes (95 %)";
    realised_auc: "AUC by labels (95 %)", "AUC d’après les étiquettes (95 %)";
    labelled_rows: "rows with a label", "lignes étiquetées";
    // Glossary.
    limits: "Limits, watch / alarm", "Limites, à surveiller / alarme";
    missing_moved: "missing share moved by", "part de manquants déplacée de";
    unseen_excess: "unseen share in excess", "part jamais vue en excès";
    refused_moved: "share refused moved by", "part refusée déplacée de";
    other_version_rows: "rows of another version", "lignes d’une autre version";
    latency_limit: "latency p95, ms", "latence p95, ms";
    auc_limit: "AUC below the reference’s by", "AUC sous celle de la référence de";
    disparity_limit: "segment accepted less often by", "segment moins accepté de";
    cost_limit: "cost above the reference’s by", "coût au-dessus de la référence de";
    rows_needed: "rows needed", "lignes nécessaires";
    // Replay.
    replay_title: "Replay: are these the model’s scores?", "Rejeu : ces scores sont-ils ceux du modèle ?";
    rows_scored_again: "rows scored again", "lignes recalculées";
    scores_that_differ: "scores that differ", "scores différents";
    largest_difference: "largest difference", "plus grand écart";
    decisions_flipped: "decisions flipped", "décisions inversées";
    refused_logged_model: "share refused, logged → model", "part refusée, journal → modèle";
    logged_precision: "logged precision", "précision du journal";
    model_file: "model file", "fichier du modèle";
    logged: "logged", "journal";
    difference: "difference", "écart";
    challenger_title: "What this model would have decided", "Ce que ce modèle aurait décidé";
    far_from_logged: "distance of the new scores from the logged ones", "distance entre nouveaux scores et scores du journal";
    cost_changes: "expected cost of all decisions changes by", "le coût attendu de toutes les décisions change de";
    now_refused: "accepted, now refused", "acceptées, désormais refusées";
    now_accepted: "refused, now accepted", "refusées, désormais acceptées";
    decision: "decision", "décision";
    cost_by_logged: "expected cost, by the logged score", "coût attendu, selon le score du journal";
    by_new: "by the new score", "selon le nouveau score";
    refused_short: "refused", "refusées";
    now_refused_short: "now refused", "désormais refusées";
    now_accepted_short: "now accepted", "désormais acceptées";
    cost_change_by_logged: "cost, by the logged score", "coût, selon le score du journal";
    replay_word: "replay", "rejeu";
    each: "each", "par";
    whole_range: "The range as a whole", "La période entière";
    differ_most: "Scores that differ most", "Les scores les plus différents";
    window_by_window: "Window by window", "Fenêtre par fenêtre";
    window_utc: "window, UTC", "fenêtre, UTC";
    differ: "differ", "différents";
    decisions_changed: "decisions changed", "décisions changées";
    drift: "drift", "dérive";
    // Contributions to the score.
    attribution_title: "Which drifts matter for the score", "Quelles dérives comptent pour le score";
    attribution_words: "What each feature adds to the raw score (SHAP values), reference → window; those that moved it most.",
        "Ce que chaque variable ajoute au score brut (valeurs SHAP), référence → fenêtre ; celles qui l’ont le plus déplacé.";
    not_measured: "Not measured:", "Non mesuré :";
    moves_score_by: "moves the score by", "déplace le score de";
    mean_size: "mean size", "taille moyenne";
    // Provenance.
    learnt: "learnt", "apprise";
    written: "written", "écrit";
    rows: "rows", "lignes";
    hold_out: "hold-out", "échantillon de test";
    yes: "yes", "oui";
    no: "no", "non";
    unknown: "unknown", "inconnu";
    report_word: "report", "rapport";
    model: "model", "modèle";
    // The index.
    index_title: "Reports", "Rapports";
    none_yet: "None yet: vigie check writes one.", "Aucun pour l’instant : vigie check en écrit un.";
    latest: "Latest", "Dernière fenêtre";
    open_alerts: "Open alerts", "Alertes ouvertes";
    no_alerts: "No alert is open.", "Aucune alerte ouverte.";
    calendar: "Severity by day", "Gravité par jour";
    not_run: "not run", "sans passage";
    trends: "Trends", "Tendances";
    trend_marks: "A mark is that figure’s own finding on the day.", "Une marque est le constat propre à cette mesure, ce jour-là.";
    every_window: "All windows", "Toutes les fenêtres";
    drifted_share: "Drifted share", "Part de variables en dérive";
    volume_short: "Requests", "Requêtes";
}

impl Language {
    pub(crate) fn severity_word(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Stable => self.pick("stable", "stable"),
            Severity::Watch => self.pick("watch", "à surveiller"),
            Severity::Alarm => self.pick("alarm", "alarme"),
            Severity::TooFew => self.pick("too few", "trop peu"),
            Severity::NoData => self.pick("no data", "pas de données"),
        }
    }

    /// What a finding is about beside its feature, on pages and in mails.
    pub(crate) fn subject(self, test: Test) -> &'static str {
        match test {
            Test::Psi => "PSI",
            Test::Ks => self.pick("KS distance", "distance KS"),
            Test::Chi2 => self.pick("Cramér's V", "V de Cramér"),
            Test::Missing => self.pick("missing values", "valeurs manquantes"),
            Test::Unseen => self.pick("unseen levels", "modalités jamais vues"),
            Test::Absent => self.pick("absent", "absente"),
            Test::ShareRefused => self.pick("share refused", "part refusée"),
            Test::Score => "score",
            Test::Latency => self.pick("latency", "latence"),
            Test::ErrorRate => self.pick("error rate", "taux d’échec"),
            Test::NoData => self.pick("no data", "pas de données"),
            Test::TooFew => self.pick("too few rows", "trop peu de lignes"),
            Test::ModelVersion => self.pick("model version", "version du modèle"),
            Test::Source => "source",
            Test::Volume => self.pick("rows fewer than expected", "moins de lignes que prévu"),
            Test::Parity => self.pick("model parity", "parité du modèle"),
            Test::RunFailed => self.pick("run failed", "échec du passage"),
            Test::StaleReference => self.pick("reference too old", "référence trop ancienne"),
            Test::Cost => self.pick("cost", "coût"),
            Test::Labels => self.pick("labels", "étiquettes"),
            Test::Auc => "AUC",
            Test::RealisedCost => self.pick("realised cost", "coût constaté"),
            Test::RealisedAuc => self.pick("realised AUC", "AUC constatée"),
            Test::SegmentScore => self.pick("score of the segment", "score du segment"),
            Test::Disparity => self.pick("disparity", "disparité"),
        }
    }

    /// Why a row was left out, or what was odd about it.
    pub(crate) fn complaint(self, reason: Reason) -> String {
        match self {
            Self::English => reason.word().replace('_', " "),
            Self::French => super::reasons::complaint(reason).to_owned(),
        }
    }
}
