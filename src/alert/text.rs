//! The text part: it stands alone, in 76 columns.

use std::fmt::Write as _;

use super::story::Story;

const COLUMNS: usize = 76;

/// The story as plain text.
pub(super) fn text(story: &Story) -> String {
    let say = story.say;
    let colon = say.colon();
    let mut text = format!("{}{colon} {}\n", story.model, story.severity_shown);
    if let Some(window) = &story.window {
        let _ = writeln!(text, "{window}");
    }
    text.push('\n');
    paragraph(&mut text, "", &story.verdict);
    if !story.changes.is_empty() {
        let _ = writeln!(text, "\n{}", say.what_changed().to_uppercase());
    }
    for change in &story.changes {
        let tests = if change.tests.is_empty() { String::new() } else { format!("{colon} {}", change.tests) };
        let line = format!("{:<11} {}{tests} ({} {})", change.word, change.subject, say.since(), change.since);
        paragraph(&mut text, "  ", &line);
        for sentence in &change.sentences {
            paragraph(&mut text, "              ", sentence);
        }
    }
    if story.changes_more > 0 {
        let _ = writeln!(text, "  … {} {} {}", say.and(), story.changes_more, say.more());
    }
    if !story.rows.is_empty() {
        let _ = writeln!(text, "\n{}", say.worst_first().to_uppercase());
    }
    for row in &story.rows {
        let severity = row.severity_shown;
        let value = if row.value.is_empty() { String::new() } else { format!("{colon} {}", row.value) };
        let limit = if row.limit.is_empty() { String::new() } else { format!(" ({})", row.limit) };
        paragraph(&mut text, "  ", &format!("{severity:<8} {}{value}{limit}", row.subject));
        for reason in &row.reasons {
            paragraph(&mut text, "           ", reason);
        }
    }
    if story.findings > story.shown() {
        let _ = writeln!(text, "  {}", say.of_findings(story.findings));
    }
    text.push('\n');
    if let Some(link) = &story.link {
        let _ = writeln!(text, "{}\n{link}", say.the_report());
    }
    if story.attached {
        let _ = writeln!(text, "{}", say.is_attached());
    }
    // Each on a line of its own, to be copied.
    let _ = writeln!(
        text,
        "{}\n  vigie alert list\n  vigie alert ack ID\n  vigie alert mute FEATURE --until DATE\n\n-- ",
        say.on_the_host()
    );
    paragraph(&mut text, "", &format!("{} {}. {}", say.sent_by(), story.version, say.counts_only()));
    text
}

/// Words wrapped to the columns. A word that is longer than a line has a line of its own; a command in backquotes is one word,
/// to be copied.
fn paragraph(text: &mut String, indent: &str, words: &str) {
    let mut column = 0;
    // A sentence that was cut inside a command has none.
    let has_commands = words.matches('`').count().is_multiple_of(2);
    let mut is_command = false;
    let is_end = |letter: char| {
        is_command ^= has_commands && letter == '`';
        letter == ' ' && !is_command
    };
    for word in words.split(is_end) {
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
