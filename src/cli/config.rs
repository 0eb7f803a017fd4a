//! `vigie config check`, `show`, `schema`.

use super::{Ending, args::ConfigVerb, connect, say::say};
use crate::{
    config::{self, Problems, Settings},
    fault::Result,
    monitor, source,
};

pub(super) fn run(verb: &ConfigVerb) -> Result<Ending> {
    match verb {
        ConfigVerb::Check { config: args, connect } => {
            let all = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
            let mut problems: Vec<_> = all.iter().flat_map(config::check_files).collect();
            // What is common to all models is named once.
            problems.dedup();
            if !problems.is_empty() {
                return Err(Problems::new(&args.config, problems).into_fault());
            }
            let mut told = format!("{}: no problem found\n", args.config.display());
            if *connect {
                for settings in &all {
                    let is_database = |kind| kind == source::Kind::Postgres;
                    let labels_only = !is_database(settings.source.kind)
                        && settings.labels.as_ref().is_some_and(|labels| is_database(labels.kind));
                    if !labels_only {
                        told.push_str(&connect::lines(&monitor::connect(settings)?));
                    }
                    if let Some(labels) = monitor::connect_labels(settings)? {
                        told.push_str(&connect::label_lines(&labels));
                    }
                }
            }
            say(&told);
        }
        ConfigVerb::Show(args) => {
            let all = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
            say(&config::show(&all));
        }
        ConfigVerb::Schema => say(&format!("{}\n", config::schema())),
    }
    Ok(Ending::Told)
}
