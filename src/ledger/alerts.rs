//! Alert states and mutes.

use rusqlite::{Row, params};
use vigie_profile::window::Instant;

use super::{LedgerTx, payload};
use crate::{
    alert::{Alert, Mute, Phase},
    fault::Result,
    judge::{Facts, Finding, Severity, Subject, Test},
};

const COLUMNS: &str = "id, model, feature, test, phase, severity, streak, since_us, opened_us, told_us, told_severity, \
                       reminders, thread, acknowledged, sentence, value, limit_value, latest_us, subject, q_value, facts, origins";

fn read_alert(row: &Row<'_>) -> rusqlite::Result<Alert> {
    let text = |index: usize| row.get::<_, String>(index);
    let at = |index: usize| -> rusqlite::Result<Option<Instant>> { Ok(row.get::<_, Option<i64>>(index)?.map(Instant)) };
    let facts = match payload::read(row, 20)? {
        Some(facts) => facts,
        None => Facts::Stored { sentence: Some(text(14)?) },
    };
    let finding = Finding {
        subject: Subject::parse(&text(18)?, row.get(2)?).unwrap_or(Subject::Run),
        test: Test::parse(&text(3)?).unwrap_or(Test::RunFailed),
        severity: Severity::parse(&text(5)?).unwrap_or(Severity::Alarm),
        value: row.get(15)?,
        limit: row.get(16)?,
        q_value: row.get(19)?,
        facts,
    };
    Ok(Alert {
        id: row.get(0)?,
        model: row.get(1)?,
        finding,
        phase: Phase::parse(&text(4)?).unwrap_or(Phase::Recovered),
        streak: row.get(6)?,
        since: Instant(row.get(7)?),
        opened: at(8)?,
        notified: at(9)?,
        notified_severity: Severity::parse(&text(10)?).unwrap_or(Severity::Stable),
        reminders: row.get(11)?,
        thread: row.get(12)?,
        acknowledged: row.get(13)?,
        origins: payload::read(row, 21)?.unwrap_or_default(),
        latest: Instant(row.get::<_, Option<i64>>(17)?.map_or_else(|| row.get(7), Ok)?),
    })
}

impl LedgerTx<'_> {
    /// Returns pending and open alerts of one model or of all models, oldest first.
    pub fn live_alerts(&self, model: Option<&str>) -> Result<Vec<Alert>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE phase IN ('pending', 'open') AND (?1 IS NULL OR model = ?1) ORDER BY since_us, id"
        );
        self.rows(&sql, [model], read_alert)
    }

    /// Like [`Self::live_alerts`], and those that ended before anyone was notified.
    pub fn undecided_alerts(&self, model: &str) -> Result<Vec<Alert>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE phase IN ('pending', 'open', 'ended') AND model = ?1 ORDER BY since_us, id"
        );
        self.rows(&sql, [model], read_alert)
    }

    /// Returns at most `limit` recovered alerts, latest first.
    pub fn past_alerts(&self, limit: u32) -> Result<Vec<Alert>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE phase = 'recovered' AND opened_us IS NOT NULL ORDER BY changed_us DESC, id DESC LIMIT ?1"
        );
        self.rows(&sql, [limit], read_alert)
    }

    /// Inserts or updates an alert. An alert that is over and has not opened is deleted.
    pub fn put_alert(&self, alert: &Alert, now: Instant) -> Result<()> {
        if matches!(alert.phase, Phase::Recovered | Phase::Merged) && alert.opened.is_none() {
            self.map_fault(self.tx.execute("DELETE FROM alert WHERE id = ?1", [alert.id]))?;
            return Ok(());
        }
        let finding = &alert.finding;
        let facts = self.map_fault(payload::write(&finding.facts))?;
        let origins = (!alert.origins.is_empty()).then(|| payload::write(&alert.origins)).transpose();
        let origins = self.map_fault(origins)?;
        let sql = format!(
            "INSERT OR REPLACE INTO alert ({COLUMNS}, changed_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)"
        );
        self.map_fault(self.tx.execute(
            &sql,
            params![
                alert.id,
                alert.model,
                finding.subject.name(),
                finding.test.word(),
                alert.phase.word(),
                finding.severity.word(),
                alert.streak,
                alert.since.0,
                alert.opened.map(|at| at.0),
                alert.notified.map(|at| at.0),
                alert.notified_severity.word(),
                alert.reminders,
                alert.thread,
                alert.acknowledged,
                "",
                finding.value,
                finding.limit,
                alert.latest.0,
                finding.subject.kind(),
                finding.q_value,
                facts,
                origins,
                now.0,
            ],
        ))?;
        Ok(())
    }

    /// Deletes pending alerts, whose windows belong to a previous trend line. Returns their number.
    pub fn reset_pending(&self, model: &str) -> Result<usize> {
        self.map_fault(self.tx.execute("DELETE FROM alert WHERE model = ?1 AND phase = 'pending'", [model]))
    }

    /// Marks an open alert as acknowledged. Returns `false` if there is no open alert with this id.
    pub fn acknowledge(&self, id: i64) -> Result<bool> {
        let sql = "UPDATE alert SET acknowledged = 1 WHERE id = ?1 AND phase IN ('pending', 'open')";
        Ok(self.map_fault(self.tx.execute(sql, [id]))? > 0)
    }

    /// Returns the mutes that are still active.
    pub fn mutes(&self, now: Instant) -> Result<Vec<Mute>> {
        self.rows("SELECT model, subject, until_us FROM mute WHERE until_us > ?1 ORDER BY subject", [now.0], |row| {
            Ok(Mute { model: row.get(0)?, subject: row.get(1)?, until: Instant(row.get(2)?) })
        })
    }

    /// Mutes a subject, replacing any previous mute.
    pub fn put_mute(&self, mute: &Mute, now: Instant) -> Result<()> {
        let sql = "DELETE FROM mute WHERE until_us <= ?3 OR (model IS ?1 AND subject = ?2)";
        self.map_fault(self.tx.execute(sql, params![mute.model, mute.subject, now.0]))?;
        let sql = "INSERT INTO mute (model, subject, until_us) VALUES (?1, ?2, ?3)";
        self.map_fault(self.tx.execute(sql, params![mute.model, mute.subject, mute.until.0]))?;
        Ok(())
    }

    /// Deletes alerts that were over before `before`.
    pub fn forget_alerts(&self, model: &str, before: Instant) -> Result<()> {
        let sql = "DELETE FROM alert WHERE model = ?1 AND phase IN ('recovered', 'merged') AND changed_us < ?2";
        self.map_fault(self.tx.execute(sql, params![model, before.0]))?;
        Ok(())
    }
}
