//! `vigie learn`: training rows → a reference file.

use vigie_profile::{layout::Kind, segment::Chosen, window::Instant};

use super::{
    Ending,
    args::{Format, LearnArgs},
    cost::shown_cost,
    progress::Bar,
    say::say,
};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Result, spoken},
    monitor::{Lesson, STORED, import, learn, open_reference},
    reference::Choice,
    source,
};

pub(super) fn run(args: &LearnArgs) -> Result<Ending> {
    if args.data.is_empty() && args.distributions.is_none() {
        // Clap lets nothing through here but --show.
        say(&shown_cost(args, &open_reference("--out", &args.out)?)?);
        return Ok(Ending::Told);
    }
    let lesson = Lesson {
        data: args.data.clone(),
        database: database(args)?,
        out: args.out.clone(),
        choice: Choice {
            target: args.target.clone(),
            probability: args.probability.clone(),
            features: args.features.as_deref().map(|list| names("--features", list)).transpose()?,
            categorical: listed("--categorical", args.categorical.as_deref())?,
            numeric: Vec::new(),
            ignore: listed("--ignore", args.ignore.as_deref())?,
            precision: args.precision.map(Into::into),
        },
        model: args.model.clone(),
        holdout: args.holdout.into(),
        segments: segments(args)?,
    };
    let bar = Bar::new("learning");
    let learnt = match &args.distributions {
        Some(table) => import(&lesson, table, Instant::now())?,
        None => learn(&lesson, Instant::now(), &mut |done, all| bar.at(done, all))?,
    };
    drop(bar);
    for note in &learnt.notes {
        eprintln!("note: {note}");
    }
    let reference = &learnt.reference;
    let features = reference.layout().features();
    let categorical = features.iter().filter(|feature| feature.kind() == Kind::Categorical).count();
    let shown = args.show.map(|_| shown_cost(args, reference)).transpose()?;
    let told = format!(
        "{}: {} features ({} numeric, {categorical} categorical){} from {} rows, reference {}\n",
        args.out.display(),
        features.len(),
        features.len() - categorical,
        if reference.layout().score().is_some() { " and the score" } else { "" },
        reference.profile().rows(),
        reference.id(),
    );
    match (shown, args.format) {
        (Some(json), Format::Json) => {
            eprint!("{told}");
            say(&json);
        }
        (shown, _) => say(&(told + &shown.unwrap_or_default())),
    }
    Ok(Ending::Told)
}

/// The config is looked at only where data are in its database.
fn database(args: &LearnArgs) -> Result<Option<source::Options>> {
    let is_stored =
        args.data.iter().chain(&args.distributions).any(|data| data.display().to_string().starts_with(STORED));
    let load = || Settings::load(&args.config).map_err(Problems::into_fault).map(|settings| settings.source);
    is_stored.then(load).transpose()
}

/// Those of the config, where they are asked for.
fn segments(args: &LearnArgs) -> Result<Option<Chosen>> {
    if !args.segments {
        return Ok(None);
    }
    let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
    let chosen = settings.segments.map(|options| options.chosen());
    let config = args.config.display();
    chosen.map(Some).ok_or_else(|| Fault::setup(format!("--segments: {config} names none; write `segments:` there")))
}

fn listed(flag: &str, list: Option<&str>) -> Result<Vec<String>> {
    list.map_or(Ok(Vec::new()), |list| names(flag, list))
}

/// `A,B`, or `@file` with a name a line.
fn names(flag: &str, list: &str) -> Result<Vec<String>> {
    let clean = |names: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        names.map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
    };
    let Some(path) = list.strip_prefix('@') else { return Ok(clean(&mut list.split(','))) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::setup(format!("{flag} @{path}: {}; name a text file with one name a line", spoken(&error)))
    })?;
    Ok(clean(&mut text.lines()))
}
