//! What a language provides: one exhaustive implementation per language, in a folder next to this file.

use vigie_profile::{batch::Reason, shown::shown};

use super::{
    mail_words::MailWords, notation::Notation, page_words::PageWords, skew_words::SkewWords, values::ShortHeadline,
};
use crate::{
    drift::{Change, Onset, PsiBinKind},
    fault::LeftOut,
    judge::{
        Direction, Facts, Finding, Headline, Measure, Note, Severity, Story, StoryBrief, StoryKind, StoryTable,
        Subject, Test, led_by,
    },
    replay::{LoggedPrecision, Unmeasured},
};

/// The words of a language. Sentences begin in lower case and have no full stop, unless stated otherwise.
pub trait Words: Notation + PageWords + SkewWords + MailWords + Sync {
    fn severity_word(&self, severity: Severity) -> &'static str;

    fn measure_name(&self, measure: Measure) -> &'static str;

    /// Returns the name of a test, which is also the subject of findings about the run and the score.
    fn test_name(&self, test: Test) -> &'static str;

    /// Returns why a row was left out or flagged.
    fn complaint(&self, reason: Reason) -> String;

    /// Returns a PSI bin's name; intervals and levels keep their label.
    fn bin_label(&self, kind: PsiBinKind, label: &str) -> String;

    /// States the value of a finding without its subject and its limit: `PSI 0.43, mostly from …`, `26.2% → 31.4%`.
    fn measure(&self, finding: &Finding) -> String;

    /// States the limit of a finding and the evidence, or what follows from it; `None` if the measure says it all.
    fn evidence(&self, finding: &Finding) -> Option<String>;

    /// Follows the effect of a finding that chance explains: its q-value (`None`: too few rows) and the largest q-value
    /// that counts as evidence.
    fn by_chance(&self, q_value: Option<f64>, required: f64) -> String;

    /// States a redacted finding in an email or webhook call.
    fn message(&self, finding: &Finding) -> String;

    /// States a segment's finding together with the segment's name.
    fn segment_clause(&self, name: &str, finding: &Finding) -> String;

    /// States a story with its subject, as a clause.
    fn story(&self, story: &StoryBrief) -> String;

    /// States the cause of a story, as far as it is known, and the reasons.
    fn side(&self, story: &Story) -> String;

    /// Names the source table of a story's features, as a clause.
    fn source_table(&self, table: &StoryTable) -> String;

    /// Names input that could not be read, without the cause.
    fn left_out(&self, test: Test, input: &LeftOut) -> String;

    /// States that a part of the labels could not be read: a whole sentence.
    fn unreadable_labels(&self, input: &LeftOut) -> String;

    /// States how a feature has moved, as a clause that follows its name.
    fn direction(&self, direction: &Direction) -> String;

    /// States what happened to a feature, as a clause after its name: `× 1000 in 30% of rows`.
    fn change(&self, change: &Change) -> String;

    /// States since when: `since 2026-10-13 14:20 UTC`.
    fn onset(&self, onset: &Onset) -> String;

    /// States what happened to a feature, and since when if that was inside the window.
    fn change_since(&self, change: &Change, onset: Option<&Onset>) -> String {
        let since = onset.map_or(String::new(), |onset| format!(", {}", self.onset(onset)));
        format!("{}{since}", self.change(change))
    }

    /// States what a run or message amounts to: a whole sentence. `None` if only another language's sentence is stored.
    fn headline(&self, headline: &Headline) -> Option<String>;

    /// States what counts most about a run or message, short enough for two lines, and what else its headline says. `None` as in
    /// [`Self::headline`].
    fn short_headline(&self, headline: &Headline) -> Option<ShortHeadline>;

    /// States a run's severity and counts, if its headline is not known in this language.
    fn bare_headline(&self, severity: Severity, findings: usize, drifted_share: Option<f64>) -> String;

    /// States why contributions or restored values were not measured.
    fn unmeasured(&self, why: &Unmeasured) -> String;

    /// States that contributions or restored values were not measured, and why: a whole sentence.
    fn not_measured(&self, why: &Unmeasured) -> String;

    /// States how precisely scores are logged.
    fn logged_precision(&self, precision: &[LoggedPrecision]) -> String;

    /// States a note about a run.
    fn note(&self, note: &Note) -> String;

    /// Introduces a note after a headline.
    fn note_opening(&self) -> &'static str;

    /// Names a group of features by the one that leads it.
    fn and_others(&self, lead: &str) -> String;

    /// Returns the subject of a finding: a name, or the test.
    fn subject(&self, finding: &Finding) -> String {
        match &finding.subject {
            Subject::Group(name) => led_by(name).map_or_else(|| shown(name), |lead| self.and_others(lead)),
            subject => subject.name().map_or_else(|| self.test_name(finding.test).to_owned(), shown),
        }
    }

    /// States the effect of a finding, without its limit and the evidence.
    fn effect(&self, finding: &Finding) -> String {
        let measure = self.measure(finding);
        match SubjectWords::of(finding) {
            SubjectWords::None => measure,
            SubjectWords::Score => format!("{}{} {measure}", self.test_name(Test::Score), self.colon()),
            SubjectWords::RefusalRate => format!("{} {measure}", self.test_name(Test::ShareRefused)),
        }
    }

    /// Follows a sentence about a story: its source table, with the separator. Empty if the table is not known.
    fn table_clause(&self, finding: &Finding) -> String {
        let table = finding.story().and_then(StoryTable::of);
        table.map_or(String::new(), |table| format!("{}{}", self.semicolon(), self.source_table(&table)))
    }

    /// States the cause of a story, as far as it is known, and the source table, as a clause with the separator. Empty if the
    /// finding is not a story.
    fn side_clause(&self, finding: &Finding) -> String {
        let side = finding.story().map_or(String::new(), |story| format!("{}{}", self.semicolon(), self.side(story)));
        format!("{side}{}", self.table_clause(finding))
    }

    /// States a finding.
    fn statement(&self, finding: &Finding) -> String {
        with_evidence(self.effect(finding), self.evidence(finding), self.semicolon())
    }

    /// States a finding after its subject, with the separator.
    fn statement_after_subject(&self, finding: &Finding) -> String {
        let rest = with_evidence(self.measure(finding), self.evidence(finding), self.semicolon());
        match SubjectWords::of(finding) {
            SubjectWords::None | SubjectWords::RefusalRate => format!(" {rest}"),
            SubjectWords::Score => format!("{} {rest}", self.colon()),
        }
    }

    /// Ends the statement of a finding.
    fn full_stop(&self, facts: &Facts) -> &'static str {
        match facts {
            // A missing window is stated as a question.
            Facts::NoData { has_unreadable: false, filtered: 0 } => "",
            _ => ".",
        }
    }

    /// States a finding after its subject, as whole sentences with the separator. `direction`: how the feature has moved,
    /// which a distance does not show.
    fn sentences_after_subject(&self, finding: &Finding, direction: Option<&Direction>) -> String {
        // What happened continues the sentence; figures begin another.
        let continues = |story: &Story| story.onset.is_some() || story.kind() != StoryKind::Shift;
        let joint = if finding.story().is_some_and(continues) { "," } else { "." };
        let moved = direction.map_or(String::new(), |direction| format!(" {}{joint}", self.direction(direction)));
        let side = self.side_clause(finding);
        format!("{moved}{}{side}{}", self.statement_after_subject(finding), self.full_stop(&finding.facts))
    }

    /// States an effect that reaches its limit, which chance may explain. `required`: the largest q-value that counts as
    /// evidence.
    fn opinion(&self, finding: &Finding, required: f64) -> String {
        if finding.severity.is_drift() {
            return self.statement(finding);
        }
        format!("{}{}", self.effect(finding), self.by_chance(finding.q_value, required))
    }

    /// States a finding as one clause of a headline.
    fn clause(&self, finding: &Finding) -> String {
        match (&finding.subject, &finding.facts) {
            (Subject::Segment(name), _) => self.segment_clause(name, finding),
            (_, Facts::LeftOut(input)) => self.left_out(finding.test, input),
            // Labels have no other place in the report, so the reason is stated.
            (_, Facts::Lost(loss)) if finding.test != Test::Labels => self.left_out(finding.test, &loss.left_out()),
            _ => self.effect(finding),
        }
    }
}

/// Which subject the sentence of a finding names itself.
enum SubjectWords {
    /// None: the subject precedes the sentence, or the measure contains it.
    None,
    Score,
    RefusalRate,
}

impl SubjectWords {
    fn of(finding: &Finding) -> Self {
        match (&finding.subject, &finding.facts) {
            (_, Facts::RefusalRate { .. }) => Self::RefusalRate,
            (_, Facts::Stored { .. }) => Self::None,
            (Subject::Score, _) => Self::Score,
            _ => Self::None,
        }
    }
}

fn with_evidence(effect: String, evidence: Option<String>, semicolon: &str) -> String {
    match evidence {
        Some(evidence) => format!("{effect}{semicolon}{evidence}"),
        None => effect,
    }
}
