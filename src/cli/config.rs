//! `vigie config check`, `show`, `schema`.

use super::{Ending, args::ConfigVerb};
use crate::{
    config::{self, Settings},
    fault::Outcome,
};

pub(super) fn run(verb: &ConfigVerb) -> Outcome<Ending> {
    match verb {
        ConfigVerb::Check(args) => {
            let settings = Settings::load(&args.config).map_err(|problems| problems.into_fault())?;
            config::check_files(&settings).map_err(|problems| problems.into_fault())?;
            for note in config::not_yet(&settings) {
                eprintln!("note: {note}");
            }
            println!("{}: no problem found", args.config.display());
        }
        ConfigVerb::Show(args) => {
            let settings = Settings::load(&args.config).map_err(|problems| problems.into_fault())?;
            print!("{}", settings.show());
        }
        ConfigVerb::Schema => println!("{}", config::schema()),
    }
    Ok(Ending::Told)
}
