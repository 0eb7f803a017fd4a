//! Recommended next steps in French.

use crate::report::words::values::Advice;

#[expect(clippy::too_many_lines, reason = "one text for each variant")]
pub(super) fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Nothing => "Rien\u{a0}: tout est conforme à la référence.",
        Advice::MoreMissing | Advice::Dead => {
            "identifier la source ou la jointure qui ne l’alimente plus, et depuis quand\u{a0}; d’ici là, les scores reposent sur moins d’information."
        }
        Advice::LessMissing => {
            "elle est plus souvent renseignée que dans la référence\u{a0}: vérifier si une valeur par défaut remplace désormais les manquants."
        }
        Advice::Absent => {
            "aucun enregistrement ne la contient\u{a0}: vérifier la dernière mise en production du service et la correspondance des champs."
        }
        Advice::LeftOut => {
            "corriger ce qui manque à ces lignes, ou les exclure par source.where si ce ne sont pas des prédictions\u{a0}; des exemples figurent sous «\u{a0}Qualité des données\u{a0}»."
        }
        Advice::Percentage => {
            "faire de nouveau écrire au service des probabilités de 0 à 1\u{a0}; d’ici là, ces lignes ne sont pas surveillées."
        }
        Advice::UnclearGap => {
            "vérifier par canal et par produit si davantage de demandeurs n’ont pas d’enregistrement, ou si la source livre moins."
        }
        Advice::Unit => {
            "faire rétablir l’ancienne unité, ou convertir avant le calcul du score\u{a0}; d’ici là, les scores de ces lignes sont faux."
        }
        Advice::Sentinel => {
            "trouver ce qui écrit cette valeur à la place d’un manquant, et faire laisser le champ vide\u{a0}; le modèle la prend pour une vraie valeur."
        }
        Advice::Atom => {
            "vérifier en amont si une valeur par défaut en remplace d’autres, ou si les demandeurs l’ont réellement plus souvent."
        }
        Advice::Constant => {
            "vérifier si une valeur par défaut ou un flux arrêté a remplacé ses valeurs\u{a0}; d’ici là, les scores reposent sur moins d’information."
        }
        Advice::Respelled => {
            "rétablir la graphie avec laquelle le modèle a été entraîné\u{a0}; d’ici là, ces lignes comptent comme une modalité inconnue."
        }
        Advice::PipelineMove => {
            "vérifier comment elle est mesurée ou calculée en amont\u{a0}: les variables liées montrent les mêmes demandeurs qu’avant."
        }
        Advice::PopulationMove => {
            "prévenir le responsable du modèle que la population a changé\u{a0}; si cela dure, contrôler la calibration et les coûts, et envisager une nouvelle référence."
        }
        Advice::SharedOffset => {
            "vérifier à partir de quoi la source compte\u{a0}: date de référence, fuseau horaire ou valeur de base\u{a0}; d’ici là, les scores reposent sur des valeurs décalées."
        }
        Advice::Merged => {
            "chercher pourquoi la source ne distingue plus ces modalités\u{a0}: nomenclature ou table de correspondance modifiée."
        }
        Advice::LevelGone => {
            "demander à la source si cette modalité existe encore\u{a0}: elle a pu être renommée, scindée ou fermée, à moins que ces demandeurs ne viennent plus."
        }
        Advice::Repeated => {
            "vérifier la jointure avec cette source\u{a0}: elle donne la réponse d’un seul client à beaucoup d’autres\u{a0}; d’ici là, les scores reposent sur les valeurs d’un autre demandeur."
        }
        Advice::SharedFactor => {
            "demander à la source la raison de ce facteur\u{a0}: devise, unité, indexation ou montants plus élevés."
        }
        Advice::UnclearMove => {
            "la comparer par canal, par produit et par heure, et avec les chiffres de la source\u{a0}; si c’est la population et que cela dure, envisager une nouvelle référence."
        }
        Advice::RefusalRate => {
            "prévenir le responsable de la politique d’octroi\u{a0}; chercher la cause parmi les variables en dérive."
        }
        Advice::ScoreNotMapped => {
            "indiquer le champ qui contient la probabilité du modèle, ou créer la référence sans --probability."
        }
        Advice::Score => {
            "le score lui-même a dérivé\u{a0}: examiner les variables en dérive, les plus importantes d’abord."
        }
        Advice::Latency => {
            "vérifier la charge du service et sa dernière mise en production\u{a0}; la latence par heure figure plus bas."
        }
        Advice::ErrorRate => {
            "examiner les erreurs du service\u{a0}; les codes de statut et des exemples figurent plus bas."
        }
        Advice::ModelVersion => "vérifier quelle version est déployée et où, et que la configuration désigne la bonne.",
        Advice::NoData => "vérifier que le service fonctionne et qu’il écrit son journal à l’emplacement configuré.",
        Advice::TooFew => "attendre davantage de lignes ou allonger la fenêtre\u{a0}; policy.min_rows fixe le minimum.",
        Advice::Source => {
            "réparer ou retirer les données illisibles\u{a0}; leurs lignes ne figurent pas dans ce rapport."
        }
        Advice::Labels => {
            "réparer ou retirer les étiquettes illisibles\u{a0}; les coûts de ce rapport n’en tiennent pas compte."
        }
        Advice::Parity => {
            "les scores du journal ne proviennent pas de ce fichier de modèle\u{a0}: vérifier ce qui est déployé."
        }
        Advice::ParityInputs => {
            "vérifier ce que le service fait aux entrées entre le journal et le modèle\u{a0}: leur ordre, les valeurs manquantes et les zéros."
        }
        Advice::ParityReading => {
            "établir lequel est voulu, l’usage que le service fait du fichier ou celui de la configuration, et corriger l’autre."
        }
        Advice::RunFailed => "corriger ce que le message d’erreur signale, puis lancer vigie check.",
        Advice::Volume => "vérifier si un canal a été ouvert ou fermé, ou si une partie du journal manque.",
        Advice::Registry => {
            "vérifier que le serveur MLflow fonctionne, qu’il est joignable d’ici et qu’il accepte les identifiants\u{a0}; d’ici là, une promotion passe inaperçue."
        }
        Advice::StaleReference => "apprendre une nouvelle référence sur des lignes récentes dont l’issue est connue.",
        Advice::Stale => {
            "vérifier que la table de cette source a été rafraîchie et qu’aucun cache ni aucune jointure ne renvoie d’anciennes réponses\u{a0}; d’ici là, les scores reposent sur les valeurs d’autres demandeurs."
        }
        Advice::Auc => {
            "examiner les variables et les segments en dérive\u{a0}; si la baisse persiste, réentraîner le modèle sur des données récentes."
        }
        Advice::SegmentScore => {
            "chercher ce qui a changé pour ces seuls demandeurs\u{a0}: un canal, un produit ou une source de données qui leur est propre."
        }
        Advice::Disparity => {
            "le signaler au responsable de la non-discrimination à l’octroi, avec les variables qui diffèrent entre les deux groupes."
        }
        Advice::Decision => {
            "comparer les décisions du service à ses scores\u{a0}: son seuil, sa version et ses mots\u{a0}; des exemples figurent dans ce rapport."
        }
        Advice::DecisionWords => {
            "préciser dans model.decisions quels mots acceptent, lesquels refusent et lesquels laissent le dossier en attente."
        }
        Advice::Overrides => {
            "demander qui force les décisions du modèle et pourquoi\u{a0}; des exemples figurent dans ce rapport."
        }
        Advice::Skew => {
            "comparer la préparation de ces variables au service et à l’entraînement\u{a0}: le modèle a appris des valeurs de la table des variables."
        }
        Advice::FeatureTable => "rendre la table des variables lisible, ou corriger features dans la configuration.",
        Advice::Sequence => {
            "chercher les fichiers du journal, ou les lignes de sa table, qui ont été supprimés, déplacés ou abîmés, et les restaurer\u{a0}; d’ici là, des réponses du service sont sans preuve."
        }
        Advice::Cost => "comparer le seuil avec le seuil le moins coûteux.",
        Advice::UnseenLevels => {
            "le modèle n’a pas été entraîné sur ces modalités\u{a0}: chercher en amont une catégorie nouvelle ou renommée, et la recoder."
        }
        Advice::OutOfRange => {
            "des valeurs sortent de l’étendue de la référence\u{a0}: vérifier en amont l’unité, la devise et les valeurs sentinelles."
        }
        Advice::MissingChanged => {
            "sa part de manquants a changé\u{a0}: identifier la source ou la jointure qui l’alimente, et depuis quand elle a changé."
        }
    }
}
