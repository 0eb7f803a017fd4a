//! `vigie config check`, `show`, `schema`.

use super::{Ending, args::ConfigVerb};
use crate::{
    config::{self, Problems, Settings},
    fault::Outcome,
};

pub(super) fn run(verb: &ConfigVerb) -> Outcome<Ending> {
    match verb {
        ConfigVerb::Check(args) => {
            let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
            let problems = config::check_files(&settings);
            if !problems.is_empty() {
                return Err(Problems::new(&args.config, problems).into_fault());
            }
            for note in config::not_yet(&settings) {
                eprintln!("note: {note}");
            }
            println!("{}: no problem found", args.config.display());
        }
        ConfigVerb::Show(args) => {
            let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
            print!("{}", settings.show());
        }
        ConfigVerb::Schema => println!("{}", config::schema()),
    }
    Ok(Ending::Told)
}
