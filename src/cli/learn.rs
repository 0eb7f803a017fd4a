//! `vigie learn`: creates a reference file from training rows.

use vigie_profile::{layout::Kind, segment::SegmentSpec, window::Instant};

use super::{
    ExitStatus,
    args::{LearnArgs, OutputFormat},
    check::window,
    cost::render_cost,
    names::{names, names_or_empty},
    print::{noun, print, print_error},
    progress::ProgressLine,
};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Result},
    monitor::{LearnRequest, LogRows, describe_event, import, learn, open_reference},
    reference::ColumnRoles,
    source,
};

pub(super) fn run(args: &LearnArgs) -> Result<ExitStatus> {
    if args.data.is_empty() && args.distributions.is_none() && args.from.is_none() {
        // clap requires --show in this case.
        print(&render_cost(args, &open_reference("--out", &args.out)?)?);
        return Ok(ExitStatus::Success);
    }
    let lesson = LearnRequest {
        data: args.data.clone(),
        database: database(args)?,
        csv: args.csv.csv.unwrap_or_default(),
        log: log_rows(args)?,
        out: args.out.clone(),
        choice: ColumnRoles {
            target: args.target.clone(),
            event: args.event.clone(),
            probability: args.probability.clone(),
            prediction: args.prediction.clone(),
            features: args.features.as_deref().map(|list| names("--features", list)).transpose()?,
            categorical: names_or_empty("--categorical", args.categorical.as_deref())?,
            numeric: Vec::new(),
            ignore: names_or_empty("--ignore", args.ignore.as_deref())?,
            precision: args.precision.map(Into::into),
            is_compared: false,
        },
        model: args.model.as_ref().map(|path| args.model_args.file(path, args.class.as_deref())),
        importance: args.importance.clone(),
        dictionary: args.dictionary.clone(),
        holdout: args.holdout.into(),
        register: args.register,
        segments: segments(args)?,
    };
    let bar = ProgressLine::new("learning");
    let learnt = match &args.distributions {
        Some(table) => import(&lesson, table, Instant::now())?,
        None => learn(&lesson, Instant::now(), &mut |done, all| bar.update(done, all))?,
    };
    drop(bar);
    for note in &learnt.notes {
        print_error(&format!("note: {note}"));
    }
    let reference = &learnt.reference;
    let features = reference.layout().features();
    let categorical = features.iter().filter(|feature| feature.kind() == Kind::Categorical).count();
    let shown = args.show.map(|_| render_cost(args, reference)).transpose()?;
    let rows = reference.profile().rows();
    let event = describe_event(reference)?.map_or(String::new(), |event| format!("{event}\n"));
    let summary = format!(
        "{}: {} {} ({} numeric, {categorical} categorical){} from {rows} {}, reference {}\n{event}",
        args.out.display(),
        features.len(),
        noun(features.len() as u64, "feature"),
        features.len() - categorical,
        if reference.layout().score().is_some() { " and the score" } else { "" },
        noun(rows, "row"),
        reference.id(),
    );
    let described = reference.descriptions().iter().flatten().count();
    let dictionary = (described > 0).then(|| format!("dictionary: {described} of {} features\n", features.len()));
    let summary = summary + &dictionary.unwrap_or_default();
    match (shown, args.format) {
        (Some(json), OutputFormat::Json) => {
            eprint!("{summary}");
            print(&json);
        }
        (shown, _) => print(&(summary + &shown.unwrap_or_default())),
    }
    Ok(ExitStatus::Success)
}

/// The database, if the data are in one. Only then is the config loaded.
fn database(args: &LearnArgs) -> Result<Option<source::SourceOptions>> {
    let mut data = args.data.iter().chain(&args.distributions);
    let is_stored = data.any(|data| source::is_stored(&data.display().to_string()));
    is_stored.then(|| load(args).map(|settings| settings.source)).transpose()
}

/// The rows of the log itself, if a range is given.
fn log_rows(args: &LearnArgs) -> Result<Option<LogRows>> {
    let (Some(from), Some(to)) = (&args.from, &args.to) else { return Ok(None) };
    let settings = load(args)?;
    let window = window(from, to, &settings.schedule.zone)?;
    Ok(Some(LogRows { settings, window }))
}

fn load(args: &LearnArgs) -> Result<Settings> {
    Settings::load_one(&args.config, "--name", args.name.as_deref()).map_err(Problems::into_fault)
}

/// The config's segments, if requested.
fn segments(args: &LearnArgs) -> Result<Option<SegmentSpec>> {
    if !args.segments {
        return Ok(None);
    }
    let settings = load(args)?;
    let chosen = settings.segments.map(|options| options.definitions());
    let config = args.config.display();
    chosen.map(Some).ok_or_else(|| Fault::setup(format!("--segments: {config} defines none; add `segments:`")))
}
