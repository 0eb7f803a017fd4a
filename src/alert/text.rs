//! The plain-text part: complete without the HTML, 76 columns wide.

use std::fmt::Write as _;

use super::content::MailContent;

const COLUMNS: usize = 76;

/// Renders the content as plain text.
pub(super) fn text(mail: &MailContent) -> String {
    let (labels, language) = (mail.labels, mail.language);
    let colon = language.colon();
    let mut text = format!("{}{colon} {}\n", mail.model, mail.severity_shown);
    if let Some(window) = &mail.window {
        let _ = writeln!(text, "{window}");
    }
    text.push('\n');
    paragraph(&mut text, "", &mail.verdict);
    if !mail.changes.is_empty() {
        let _ = writeln!(text, "\n{}", labels.what_changed.to_uppercase());
    }
    for change in &mail.changes {
        let tests = if change.tests.is_empty() { String::new() } else { format!("{colon} {}", change.tests) };
        let line = format!("{:<11} {}{tests} ({} {})", change.word, change.subject, labels.since, change.since);
        paragraph(&mut text, "  ", &line);
        for sentence in &change.sentences {
            paragraph(&mut text, "              ", sentence);
        }
    }
    if mail.changes_omitted > 0 {
        let _ = writeln!(text, "  … {}", language.and_more(mail.changes_omitted));
    }
    if !mail.rows.is_empty() {
        let _ = writeln!(text, "\n{}", labels.by_severity.to_uppercase());
    }
    for row in &mail.rows {
        let severity = row.severity_shown;
        let value = if row.value.is_empty() { String::new() } else { format!("{colon} {}", row.value) };
        let limit = if row.limit.is_empty() { String::new() } else { format!(" ({})", row.limit) };
        paragraph(&mut text, "  ", &format!("{severity:<8} {}{value}{limit}", row.subject));
        for reason in &row.reasons {
            paragraph(&mut text, "           ", reason);
        }
    }
    if mail.findings > mail.shown() {
        let _ = writeln!(text, "  {}", language.findings_in_total(mail.findings));
    }
    text.push('\n');
    if let Some(link) = &mail.link {
        let _ = writeln!(text, "{}\n{link}", labels.the_report);
    }
    if mail.attached {
        let _ = writeln!(text, "{}", labels.is_attached);
    }
    // One command per line, easy to copy.
    let _ = writeln!(
        text,
        "{}\n  vigie alert list\n  vigie alert ack ID\n  vigie alert mute NAME --until DATE\n\n-- ",
        labels.on_the_host
    );
    paragraph(&mut text, "", &format!("{} {}. {}", labels.sent_by, mail.version, labels.aggregates_only));
    text
}

/// Appends a paragraph wrapped to the column limit. A word longer than a line gets its own line; a command in backquotes is
/// never broken, so that it can be copied.
fn paragraph(text: &mut String, indent: &str, words: &str) {
    let mut column = 0;
    // A sentence truncated inside a command has an odd number of backquotes.
    let has_commands = words.matches('`').count().is_multiple_of(2);
    let mut is_command = false;
    let is_end = |c: char| {
        is_command ^= has_commands && c == '`';
        c == ' ' && !is_command
    };
    for word in words.split(is_end) {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            text.push('\n');
            column = 0;
        }
        if column == 0 {
            text.push_str(indent);
            column = indent.len();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}
