//! `vigie config check`, `show`, `schema`.

use super::{Ending, args::ConfigVerb, connect, say::say};
use crate::{
    config::{self, Problems, Settings},
    fault::Outcome,
    monitor,
};

pub(super) fn run(verb: &ConfigVerb) -> Outcome<Ending> {
    match verb {
        ConfigVerb::Check { config: args, connect } => {
            let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
            let problems = config::check_files(&settings);
            if !problems.is_empty() {
                return Err(Problems::new(&args.config, problems).into_fault());
            }
            for note in config::not_yet(&settings) {
                eprintln!("note: {note}");
            }
            say(&format!("{}: no problem found\n", args.config.display()));
            if *connect {
                say(&connect::lines(&monitor::connect(&settings)?));
            }
        }
        ConfigVerb::Show(args) => {
            let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
            say(&settings.show());
        }
        ConfigVerb::Schema => say(&format!("{}\n", config::schema())),
    }
    Ok(Ending::Told)
}
