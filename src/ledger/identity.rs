//! The identity of a ledger, and of the events that it causes. Two installations with the same names, a ledger that was lost,
//! or a window that was reported while the clock was wrong must not send different messages under one id.

use super::{Ledger, LedgerTx};
use crate::fault::Result;

impl LedgerTx<'_> {
    /// Returns the ledger's id: chosen at random when it was created.
    pub fn identity(&self) -> Result<String> {
        self.map_fault(self.tx.query_row("SELECT id FROM identity", [], |row| row.get(0)))
    }

    /// Returns an id for an event: that of the ledger, and a number that no other event has.
    pub fn next_event_id(&self) -> Result<String> {
        let sql = "UPDATE identity SET events = events + 1 RETURNING id, events";
        self.map_fault(self.tx.query_row(sql, [], |row| {
            let (id, number): (String, i64) = (row.get(0)?, row.get(1)?);
            Ok(format!("{id}/{number}"))
        }))
    }
}

impl Ledger {
    /// Returns the ledger's id.
    pub fn identity(&mut self) -> Result<String> {
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the method's lifetime is not general enough")]
        self.view(|tx| tx.identity())
    }
}
