//! Fixed phrases of the pages in both languages. Sentences with values are in the other modules of `words`.
//! French texts have no-break spaces before `: ; ? ! %`, inside `« »` and in numbers.

use super::Language;

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
    what_changed: "Changes since the last window", "Depuis la fenêtre précédente";
    what_to_do_first: "What to do first", "À faire en priorité";
    rows_used: "Rows used", "Lignes utilisées";
    features_moved: "Drifted features", "Variables en dérive";
    share_refused: "Refusal rate", "Taux de refus";
    score_psi: "PSI of the score", "PSI du score";
    latency_p95: "Latency p95", "Latence p95";
    error_rate: "Failed requests", "Requêtes en échec";
    // Sections.
    findings: "Findings", "Constats";
    reading: "PSI, KS and Cramér’s V measure how far values have drifted; 0 means not at all. The smaller q, the less likely it is chance.", "PSI, KS et V de Cramér mesurent l’ampleur de la dérive\u{a0}; 0\u{a0}: aucune. Plus q est petit, moins le hasard suffit à l’expliquer.";
    no_findings: "None: no test exceeds its limit with sufficient evidence.", "Aucun\u{a0}: aucun test ne dépasse sa limite de façon significative.";
    map: "Where the drift is", "Où se situe la dérive";
    features: "All features", "Toutes les variables";
    score: "Score", "Score";
    service: "Service", "Service";
    quality: "Data quality", "Qualité des données";
    glossary: "What the numbers mean", "Comment lire ces chiffres";
    provenance: "Provenance", "Provenance";
    // The map.
    map_by_importance: "Each mark is a feature: the further right, the more it matters to the model; the higher up, the more it has drifted.",
        "Chaque marque est une variable\u{a0}: plus elle est à droite, plus elle compte pour le modèle\u{a0}; plus elle est haute, plus elle a dérivé.";
    map_by_rank: "No model was read, so importance is unknown: features are in order of their PSI. Set model.file to map them by importance.",
        "Aucun modèle n’a été lu, l’importance est donc inconnue\u{a0}: les variables sont classées par PSI. Renseigner model.file pour une carte par importance.";
    importance: "importance", "importance";
    importance_axis: "importance for the model →", "importance pour le modèle →";
    rank_axis: "features, highest PSI first →", "variables, par PSI décroissant →";
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
    keys: "keys: / to search, Esc to clear", "touches\u{a0}: / pour chercher, Échap pour effacer";
    nothing_found: "No feature matches.", "Aucune variable ne correspond.";
    // One feature.
    reference: "reference", "référence";
    window: "window", "fenêtre";
    bin: "bin", "classe";
    adds_to_psi: "contribution to PSI", "contribution au PSI";
    tests: "test", "test";
    value: "value", "valeur";
    chance_limit: "chance limit, 95%", "seuil du hasard, 95\u{a0}%";
    mean: "mean", "moyenne";
    deviation: "standard deviation", "écart-type";
    minimum: "minimum", "minimum";
    maximum: "maximum", "maximum";
    median: "median", "médiane";
    levels: "levels", "modalités";
    unseen_levels: "unseen levels", "modalités jamais vues";
    outside_range: "outside the reference’s range", "hors de l’étendue de la référence";
    ks_distance: "KS distance", "distance KS";
    cramers_v: "Cramér’s V", "V de Cramér";
    chi2: "chi-square", "khi-deux";
    numeric: "numeric", "numérique";
    categorical: "categorical", "catégorielle";
    compact: "To keep the page small, stable features are listed without their bins; report.json has them.",
        "Pour alléger la page, les variables stables sont présentées sans leurs classes\u{a0}; report.json les contient.";
    // Score, service, quality.
    threshold: "threshold", "seuil";
    refused_from_here: "refused →", "refusé →";
    quantile: "quantile", "quantile";
    no_score: "The log contains no score.", "Le journal ne contient pas de score.";
    requests: "requests", "requêtes";
    failed: "failed", "en échec";
    volume: "Requests by hour, UTC", "Requêtes par heure, UTC";
    latency: "Latency", "Latence";
    latency_by_hour: "Latency by hour of the day, UTC", "Latence par heure du jour, UTC";
    latency_key: "from the median to p99", "de la médiane à p99";
    by_hour_table: "Figures by hour", "Chiffres par heure";
    hour: "hour", "heure";
    failed_by_status: "failed, by status", "échecs, par statut";
    coarse: "Percentiles by hour are accurate to 1%.", "Les percentiles par heure sont exacts à 1\u{a0}% près.";
    no_latency: "The log contains no latency.", "Le journal ne contient pas de latence.";
    answered: "answered", "abouties";
    statuses: "Responses by status", "Réponses par statut";
    status: "status", "statut";
    longest: "maximum", "maximum";
    records: "records in the window", "enregistrements de la fenêtre";
    left_out_by_where: "excluded by source.where", "exclus par source.where";
    reason: "reason", "motif";
    count: "count", "nombre";
    examples: "examples", "exemples";
    nothing_left_out: "No rows were left out.", "Aucune ligne n’a été écartée.";
    // Performance and money.
    performance: "Performance and cost", "Performance et coût";
    figure: "metric", "indicateur";
    calibration: "Calibration: predicted and observed", "Calibration\u{a0}: prévu et observé";
    mean_score: "mean score", "score moyen";
    observed_rate: "observed rate", "taux observé";
    // Segments.
    segments: "Segments", "Segments";
    segment: "segment", "segment";
    accepted_ratio: "acceptance rate relative to the most favoured (95% CI)", "taux d’acceptation rapporté au plus favorisé (IC à 95\u{a0}%)";
    cost_per_1000: "cost per 1,000", "coût pour 1\u{202f}000";
    segment_cost: "Cost by segment", "Coût par segment";
    expected_cost: "expected cost per 1,000, reference → window (95% CI)", "coût attendu pour 1\u{202f}000, référence → fenêtre (IC à 95\u{a0}%)";
    realised_cost: "cost per 1,000 from labels (95% CI)", "coût pour 1\u{202f}000 d’après les étiquettes (IC à 95\u{a0}%)";
    realised_auc: "AUC from labels (95% CI)", "AUC d’après les étiquettes (IC à 95\u{a0}%)";
    labelled_rows: "labelled rows", "lignes étiquetées";
    // Glossary.
    limits: "Limits, watch / alarm", "Limites, à surveiller / alarme";
    missing_moved: "change in missing share", "variation de la part de manquants";
    unseen_excess: "excess share of unseen levels", "part de modalités jamais vues, en excès";
    refused_moved: "change in refusal rate", "variation du taux de refus";
    other_version_rows: "rows from a different model version", "lignes d’une autre version du modèle";
    latency_limit: "latency p95, ms", "latence p95, ms";
    auc_limit: "drop in AUC from the reference", "baisse de l’AUC par rapport à la référence";
    disparity_limit: "shortfall in a segment’s acceptance rate", "déficit du taux d’acceptation d’un segment";
    cost_limit: "increase in cost over the reference", "hausse du coût par rapport à la référence";
    rows_needed: "minimum number of rows", "nombre minimal de lignes";
    // Replay.
    replay_title: "Replay: do the logged scores match the model?", "Rejeu\u{a0}: ces scores sont-ils ceux du modèle\u{a0}?";
    rows_rescored: "rows rescored", "lignes rescorées";
    scores_that_differ: "scores that differ", "scores différents";
    largest_difference: "largest difference", "plus grand écart";
    decisions_flipped: "decisions flipped", "décisions inversées";
    refused_logged_model: "refusal rate, logged → model", "taux de refus, journal → modèle";
    log_precision: "precision of the log", "précision du journal";
    model_file: "model file", "fichier du modèle";
    logged: "logged", "journal";
    difference: "difference", "écart";
    challenger_title: "What this model would have decided", "Ce que ce modèle aurait décidé";
    far_from_logged: "distance between new and logged scores", "distance entre nouveaux scores et scores du journal";
    cost_changes: "change in the expected cost of all decisions", "variation du coût attendu de l’ensemble des décisions";
    now_refused: "accepted, now refused", "acceptées, désormais refusées";
    now_accepted: "refused, now accepted", "refusées, désormais acceptées";
    decision: "decision", "décision";
    cost_by_logged: "expected cost, by the logged score", "coût attendu, selon le score du journal";
    by_new: "by the new score", "selon le nouveau score";
    refused_short: "refused", "refusées";
    now_refused_short: "now refused", "désormais refusées";
    now_accepted_short: "now accepted", "désormais acceptées";
    cost_change_by_logged: "cost change, by the logged score", "variation du coût, selon le score du journal";
    replay_word: "replay", "rejeu";
    each: "each", "par";
    whole_range: "The whole period", "La période entière";
    differ_most: "Scores that differ most", "Les scores les plus différents";
    window_by_window: "Window by window", "Fenêtre par fenêtre";
    window_utc: "window, UTC", "fenêtre, UTC";
    differ: "differ", "différents";
    decisions_changed: "decisions changed", "décisions modifiées";
    drift: "drift", "dérive";
    // Contributions to the score.
    attribution_title: "Contributions to the score (SHAP)", "Contributions au score (SHAP)";
    attribution_words: "Contribution of each feature to the raw score (SHAP values), reference → window; largest shift of the score first.",
        "Contribution de chaque variable au score brut (valeurs SHAP), référence → fenêtre\u{a0}; plus grand déplacement du score d’abord.";
    not_measured: "Not measured:", "Non mesuré\u{a0}:";
    moves_score_by: "shift of the score", "déplacement du score";
    mean_size: "mean absolute value", "moyenne des valeurs absolues";
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
    none_yet: "None yet: run vigie check to create one.", "Aucun pour l’instant\u{a0}: vigie check en crée un.";
    latest: "Latest", "Dernière fenêtre";
    open_alerts: "Open alerts", "Alertes ouvertes";
    no_alerts: "No open alerts.", "Aucune alerte ouverte.";
    calendar: "Severity by day", "Gravité par jour";
    not_run: "not run", "non exécuté";
    trends: "Trends", "Tendances";
    trend_marks: "A mark is a finding about that figure on that day.", "Une marque signale un constat sur cet indicateur, ce jour-là.";
    every_window: "All windows", "Toutes les fenêtres";
    drifted_share: "Drifted share", "Part de variables en dérive";
    volume_short: "Requests", "Requêtes";
}
