//! `vigie init`: proposes a config for a log, asks what is open, and writes it.

use std::{
    fmt::Write as _,
    io::{self, BufRead, IsTerminal, Write as _},
};

use jiff::tz::TimeZone;
use vigie_profile::shown::harmless;

use super::{
    ExitStatus,
    print::{noun, print, print_error},
    setup_args::InitArgs,
};
use crate::{
    daemon::Clock,
    fault::{Fault, Result},
    monitor::{InitRequest, TriedConfig, draft, write_config},
    propose::{Answers, OpenPoint, Proposal, ProposedScore, Question},
};

/// Maximum number of questions; answers may lead to further ones.
const QUESTIONS: usize = 10;

pub(super) fn run(args: &InitArgs) -> Result<ExitStatus> {
    let InitArgs { log, data, model, out, yes, force } = args;
    let initial = draft(InitRequest { log, data: data.as_deref(), model: model.as_deref(), out, force: *force })?;
    let mut answers = Answers::new();
    if !yes && io::stdin().is_terminal() && io::stderr().is_terminal() {
        for _ in 0..QUESTIONS {
            let open = initial.questions(&answers)?;
            let Some(question) = open.first() else { break };
            answers.insert(question.subject, ask(question)?);
        }
    }
    let tried = initial.propose(&answers, Clock::from_env().now())?;
    write_config(out, &tried.text)?;
    for note in &tried.notes {
        print_error(&format!("note: {note}"));
    }
    for question in &tried.proposal.questions {
        print_error(&format!("note: open: {} Taken: {}", question.text, question.default));
    }
    let [learn, check] = &tried.next;
    print(&format!("{}\nnext:\n  {learn}\n  {check}\n", summary(args, &tried)));
    Ok(ExitStatus::Success)
}

/// What was understood, in a few lines.
fn summary(args: &InitArgs, tried: &TriedConfig) -> String {
    let TriedConfig { proposal, records, usable, .. } = tried;
    let mut text = format!("{}: {usable} of {records} sampled records can be used\n", args.out.display());
    for (key, value) in understood(proposal) {
        let _ = writeln!(text, "  {key:<9} {value}");
    }
    text.trim_end().to_owned()
}

fn understood(proposal: &Proposal) -> Vec<(&'static str, String)> {
    let field = |path: &str| format!("`{}`", harmless(path));
    let count = proposal.feature_names.len();
    let names = format!("{count} {}", noun(count as u64, "input"));
    let inputs = match &proposal.features {
        Some(path) => format!("{} ({names})", field(path)),
        None => format!("{names}, the record's own fields"),
    };
    let score = match &proposal.score {
        Some(score @ ProposedScore::Prediction(_)) => format!("{} (a number)", field(score.path())),
        Some(score) => field(score.path()),
        None => "none".to_owned(),
    };
    let mut lines = vec![("time", field(&proposal.timestamp.path)), ("inputs", inputs), ("score", score)];
    if let Some((field_, values)) = &proposal.filter {
        lines.push(("where", format!("{} is {}", field(&field_.path), values.join(", "))));
    }
    if let Some(decision) = &proposal.decision {
        let threshold = proposal.threshold.as_ref().map_or(String::new(), |(own, _)| format!(", threshold {own}"));
        lines.push(("decision", field(&decision.path) + &threshold));
    }
    let others = [
        ("latency", proposal.latency.as_ref().map(|(own, _)| own)),
        ("status", proposal.status.as_ref()),
        ("id", proposal.id.as_ref()),
        ("version", proposal.version.as_ref().map(|(own, _)| own)),
    ];
    lines.extend(others.into_iter().filter_map(|(key, own)| Some((key, field(&own?.path)))));
    lines
}

/// Asks on the terminal; an empty answer is the default.
fn ask(question: &Question) -> Result<String> {
    let mut stderr = io::stderr();
    let closed = |_| {
        Fault::setup(
            "the terminal was closed before all questions were answered; use --yes to take the likeliest answers",
        )
    };
    let mut say = |text: &str| stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).map_err(closed);
    say(&format!("{}\n", question.text))?;
    for (number, option) in (1..).zip(&question.options) {
        say(&format!("  {number}  {}\n", harmless(option)))?;
    }
    loop {
        say(&format!("[{}] ", question.default))?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).map_err(closed)? == 0 {
            return Err(Fault::setup(
                "the input ended before all questions were answered; use --yes to take the likeliest answers",
            ));
        }
        match answer(question, line.trim()) {
            Some(answer) => return Ok(answer),
            None => say("That is no answer. Press Enter for the value in brackets.\n")?,
        }
    }
}

/// The answer that a line means; `None`: it is none.
fn answer(question: &Question, line: &str) -> Option<String> {
    if line.is_empty() {
        return Some(question.default.clone());
    }
    if question.subject == OpenPoint::Timezone {
        return TimeZone::get(line).is_ok().then(|| line.to_owned());
    }
    let by_number = line.parse::<usize>().ok().and_then(|number| question.options.get(number.checked_sub(1)?));
    by_number.or_else(|| question.options.iter().find(|option| *option == line)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_number_or_the_text_of_an_option_or_a_zone() {
        let own = |subject, options: &[&str]| Question {
            subject,
            text: String::new(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            default: "a".to_owned(),
        };
        let question = own(OpenPoint::Score, &["a", "b"]);
        for (line, expected) in
            [("", Some("a")), ("2", Some("b")), ("b", Some("b")), ("0", None), ("3", None), ("x", None)]
        {
            assert_eq!(answer(&question, line).as_deref(), expected, "{line}");
        }
        let zone = own(OpenPoint::Timezone, &[]);
        assert_eq!(answer(&zone, "Europe/Paris").as_deref(), Some("Europe/Paris"));
        assert_eq!(answer(&zone, "Paris"), None);
    }
}
