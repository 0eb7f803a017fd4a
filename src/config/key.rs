//! The dotted name of a key, as sentences and rules spell it: `source.fields.timestamp`, `models[0].reference`.

use std::fmt;

/// The way from the top of the file to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pieces: Vec<String>,
}

/// What to do about a required key that is missing.
const ADVICE: [(&str, &str); 14] = [
    ("model.name", "it names the model's folder of reports: `model: {name: credit-default}`"),
    ("reference", "name the file that `vigie learn --data FILE --out reference.vigie` makes"),
    ("source.path", "name the prediction log: a file, a folder or a glob"),
    ("source.url", "name the database: `postgresql://vigie@db.example.com:5432/scoring`"),
    ("source.table", "name the table of the log, or write a SELECT as `query`"),
    ("source.fields.timestamp", "say which field holds a record's time: `fields: {timestamp: ts}`"),
    ("labels.path", "say where labels come: a file, a folder or a glob; or remove `labels`"),
    ("labels.url", "name the database, as under `source`; labels in the log's own database need none"),
    ("labels.table", "name the table of labels, or write a SELECT as `query`"),
    ("alerts.email.smtp", "name the mail server: `smtps://mail.example.com:465`"),
    ("alerts.email.from", "give the sender's address: `vigie@example.com`"),
    ("alerts.email.to", "say who is told: `[risk@example.com]`"),
    ("alerts.webhook.url", "say where the call goes: `https://hooks.example.com/vigie`"),
    ("http.listen", "give an address and a port: `\"127.0.0.1:8787\"`"),
];

impl Key {
    pub(super) fn top() -> Self {
        Self { pieces: Vec::new() }
    }

    /// Of a dotted name whose pieces hold no dots themselves.
    pub(super) fn of(dotted: &str) -> Self {
        Self { pieces: dotted.split('.').map(ToOwned::to_owned).collect() }
    }

    pub(super) fn is_top(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The pieces, lists' places as `[0]`.
    pub(super) fn pieces(&self) -> &[String] {
        &self.pieces
    }

    pub(super) fn join(&self, piece: &str) -> Self {
        let mut pieces = self.pieces.clone();
        pieces.push(piece.to_owned());
        Self { pieces }
    }

    pub(super) fn item(&self, index: usize) -> Self {
        self.join(&format!("[{index}]"))
    }

    /// Whether it is `pattern`, in which `*` stands for any piece; below `models` as at the top.
    pub(super) fn is(&self, pattern: &str) -> bool {
        let pieces = match self.pieces.as_slice() {
            [first, _, rest @ ..] if first == "models" => rest,
            pieces => pieces,
        };
        let wanted: Vec<&str> = pattern.split('.').collect();
        pieces.len() == wanted.len() && pieces.iter().zip(&wanted).all(|(piece, want)| *want == "*" || piece == want)
    }

    /// What to do when it is missing.
    pub(super) fn advice(&self) -> &'static str {
        let advice = ADVICE.iter().find(|(key, _)| self.is(key));
        advice.map_or("config/vigie.yaml as it comes with vigie shows how to write it", |(_, advice)| advice)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 && !piece.starts_with('[') {
                f.write_str(".")?;
            }
            f.write_str(piece)?;
        }
        Ok(())
    }
}
