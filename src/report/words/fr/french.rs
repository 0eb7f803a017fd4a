//! The words of findings and headlines in French.

use vigie_profile::{
    batch::Reason,
    shown::{harmless, shown},
};

use super::{changes, findings, headline, lists, measures, notes, onsets, replays, short, stories};
use crate::{
    drift::{Change, Onset, PsiBinKind},
    fault::LeftOut,
    judge::{Direction, Finding, Headline, Measure, Note, Severity, Story, StoryBrief, StoryTable, Test},
    replay::{LoggedPrecision, Unmeasured},
    report::words::{values::ShortHeadline, words::Words},
};

pub(crate) struct French;

impl Words for French {
    fn severity_word(&self, severity: Severity) -> &'static str {
        findings::severity_word(severity)
    }

    fn measure_name(&self, measure: Measure) -> &'static str {
        measures::measure_name(measure)
    }

    fn test_name(&self, test: Test) -> &'static str {
        match test {
            Test::Measure(measure) => measures::measure_name(measure),
            Test::Absent => "absente",
            Test::ShareRefused => "taux de refus",
            Test::Score => "score",
            Test::Latency => "latence",
            Test::ErrorRate => "taux d’échec",
            Test::NoData => "pas de données",
            Test::TooFew => "trop peu de lignes",
            Test::ModelVersion => "version du modèle",
            Test::Source => "source",
            Test::Volume => "moins de lignes que prévu",
            Test::Parity => "parité du modèle",
            Test::RunFailed => "échec de l’exécution",
            Test::StaleReference => "référence trop ancienne",
            Test::Registry => "registre des modèles",
            Test::Stale => "valeurs périmées",
            Test::Cost => "coût",
            Test::Labels => "étiquettes",
            Test::Auc => "AUC",
            Test::RealisedCost => "coût constaté",
            Test::RealisedAuc => "AUC constatée",
            Test::SegmentScore => "score du segment",
            Test::Decision => "décisions",
            Test::Overrides => "forçages",
            Test::Disparity => "disparité",
            Test::Dead => "variable vide",
            Test::Constant => "constante",
            Test::LeftOut => "lignes écartées",
            Test::Sequence => "enregistrements manquants",
            Test::Skew => "écart entraînement/service",
            Test::Presence => "valeurs manquantes",
            Test::Values => "valeurs",
        }
    }

    fn complaint(&self, reason: Reason) -> String {
        match reason {
            Reason::Malformed => "illisible",
            Reason::Timestamp => "horodatage illisible",
            Reason::Duplicate => "en double",
            Reason::Failed => "requête en échec",
            Reason::ModelVersion => "autre version du modèle",
            Reason::NoFeatures => "sans variables",
            Reason::UnknownInputs => "variables d’une forme inconnue",
            Reason::NoProbability => "sans probabilité",
            Reason::NoPrediction => "sans prédiction",
            Reason::NotANumber => "valeur de type inattendu",
            Reason::UnreadableField => "champ illisible",
        }
        .to_owned()
    }

    fn bin_label(&self, kind: PsiBinKind, label: &str) -> String {
        findings::bin_label(kind, label)
    }

    fn measure(&self, finding: &Finding) -> String {
        findings::measure(finding)
    }

    fn evidence(&self, finding: &Finding) -> Option<String> {
        findings::evidence(finding)
    }

    fn by_chance(&self, q_value: Option<f64>, required: f64) -> String {
        findings::by_chance(q_value, required)
    }

    fn message(&self, finding: &Finding) -> String {
        findings::message(finding).unwrap_or_else(|| self.statement(finding))
    }

    fn segment_clause(&self, name: &str, finding: &Finding) -> String {
        findings::segment(name, finding)
    }

    fn story(&self, story: &StoryBrief) -> String {
        stories::story(story)
    }

    fn side(&self, story: &Story) -> String {
        stories::side(story)
    }

    fn source_table(&self, table: &StoryTable) -> String {
        stories::source_table(table)
    }

    fn left_out(&self, test: Test, input: &LeftOut) -> String {
        findings::left_out_clause(test, input)
    }

    fn unreadable_labels(&self, input: &LeftOut) -> String {
        match harmless(&input.to_string()) {
            what if what.is_empty() => "Une partie des étiquettes n’a pas pu être lue.".to_owned(),
            what => format!("Étiquettes illisibles\u{a0}: {what}."),
        }
    }

    fn direction(&self, direction: &Direction) -> String {
        findings::direction(direction)
    }

    fn change(&self, change: &Change) -> String {
        changes::change(change)
    }

    fn onset(&self, onset: &Onset) -> String {
        onsets::onset(onset)
    }

    fn headline(&self, headline: &Headline) -> Option<String> {
        headline::headline(headline, &|finding| self.clause(finding))
    }

    fn short_headline(&self, headline: &Headline) -> Option<ShortHeadline> {
        short::headline(headline, &|finding| self.clause(finding))
    }

    fn and_others(&self, lead: &str) -> String {
        lists::and_others(&shown(lead))
    }

    fn bare_headline(&self, severity: Severity, findings: usize, drifted_share: Option<f64>) -> String {
        headline::bare(severity, findings, drifted_share)
    }

    fn unmeasured(&self, why: &Unmeasured) -> String {
        replays::unmeasured(why)
    }

    fn not_measured(&self, why: &Unmeasured) -> String {
        format!("Non mesuré\u{a0}: {}.", replays::unmeasured(why))
    }

    fn logged_precision(&self, precision: &[LoggedPrecision]) -> String {
        replays::logged_precision(precision)
    }

    fn note(&self, note: &Note) -> String {
        notes::note(note)
    }

    fn note_opening(&self) -> &'static str {
        "À noter\u{a0}:"
    }
}
