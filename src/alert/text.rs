//! The text part: it stands alone, in 76 columns.

use std::fmt::Write as _;

use super::story::Story;

const COLUMNS: usize = 76;

/// The story as plain text.
pub(super) fn text(story: &Story) -> String {
    let mut text = format!("{}: {}\n", story.model, story.severity_shown);
    if let Some(window) = &story.window {
        let _ = writeln!(text, "{window}");
    }
    text.push('\n');
    paragraph(&mut text, "", &story.verdict);
    if !story.changes.is_empty() {
        text.push_str("\nWHAT CHANGED\n");
    }
    for change in &story.changes {
        let tests = if change.tests.is_empty() { String::new() } else { format!(": {}", change.tests) };
        let line =
            format!("{:<11} {}{tests} (since {})", change.word.trim_end_matches(':'), change.subject, change.since);
        paragraph(&mut text, "  ", &line);
        for sentence in &change.sentences {
            paragraph(&mut text, "              ", sentence);
        }
    }
    if story.changes_more > 0 {
        let _ = writeln!(text, "  … and {} more", story.changes_more);
    }
    if !story.rows.is_empty() {
        let _ = writeln!(text, "\nWORST FIRST");
    }
    for row in &story.rows {
        let severity = row.severity.replace('_', " ");
        let value = if row.value.is_empty() { String::new() } else { format!(": {}", row.value) };
        let limit = if row.limit.is_empty() { String::new() } else { format!(" ({})", row.limit) };
        paragraph(&mut text, "  ", &format!("{severity:<8} {}{value}{limit}", row.subject));
        for reason in &row.reasons {
            paragraph(&mut text, "           ", reason);
        }
    }
    if story.findings > story.shown() {
        let _ = writeln!(text, "  … of {} findings; the report has them all", story.findings);
    }
    text.push('\n');
    if let Some(link) = &story.link {
        let _ = writeln!(text, "The report:\n{link}");
    }
    if story.attached {
        text.push_str("The report is attached.\n");
    }
    text.push_str(
        "On the host: vigie alert list; vigie alert ack ID; vigie alert mute FEATURE\n\
         --until DATE\n\n-- \n",
    );
    let _ = writeln!(text, "Sent by vigie {}. Counts and shares only: no rows, no ids.", story.version);
    text
}

/// Words wrapped to the columns. A word that is longer than a line has a line of its own.
fn paragraph(text: &mut String, indent: &str, words: &str) {
    let mut column = 0;
    for word in words.split(' ') {
        let wide = word.chars().count();
        if column > 0 && column + 1 + wide > COLUMNS {
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
        column += wide;
    }
    text.push('\n');
}
