//! `vigie --help`: the commands grouped by what people do. clap has no groups of subcommands, so this writes the list.

use clap::{Command, CommandFactory, FromArgMatches};

use super::Cli;

const GROUPS: [(&str, &[&str]); 5] = [
    ("Start", &["compare", "init", "import", "learn", "check"]),
    ("Run", &["run", "status", "alert"]),
    ("Ask", &["replay", "explain", "score"]),
    ("Serve", &["serve"]),
    ("Set up", &["config", "completions", "man"]),
];
/// Columns of the list, whatever the terminal: the output is the same everywhere.
const WIDTH: usize = 100;
/// Column at which the descriptions start.
const INDENT: usize = 15;

impl Cli {
    /// The arguments of this process. Prints help, the version or a usage error and exits if they ask for it.
    #[must_use]
    pub fn from_process() -> Self {
        let mut command = grouped(Self::command());
        Self::from_arg_matches(&command.get_matches_mut()).unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

/// The command with the grouped list of commands in its help.
fn grouped(command: Command) -> Command {
    let mut list = String::new();
    for (heading, names) in GROUPS {
        list.extend(["\n", heading, ":\n"]);
        for known in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = known.get_about().map(ToString::to_string).unwrap_or_default();
            list.push_str(&entry(known.get_name(), &about));
        }
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{list}\nOptions:\n{{options}}\n\n\
         `vigie COMMAND --help` lists the options of a command."
    ))
}

/// A name and what it does, wrapped at [`WIDTH`].
fn entry(name: &str, about: &str) -> String {
    let mut text = String::new();
    let mut line = format!("  {name:<0$}", INDENT - 3);
    for word in about.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(INDENT - 1);
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line + "\n"
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, GROUPS};

    #[test]
    fn every_command_is_in_one_group() {
        for command in Cli::command().get_subcommands() {
            let groups = GROUPS.iter().filter(|(_, names)| names.contains(&command.get_name())).count();
            assert_eq!(groups, 1, "{}: add it to GROUPS", command.get_name());
        }
    }
}
