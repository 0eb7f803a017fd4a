//! What goes wrong with a database: one clear sentence, the remedy, no password.
