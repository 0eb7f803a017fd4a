//! `vigie config check`, `show`, `schema`.

use std::fmt::Write as _;

use super::{
    ExitStatus,
    args::ConfigVerb,
    connect,
    print::{noun, print, print_error},
};
use crate::{
    config::{self, Problems, Settings},
    fault::Result,
    monitor::{self, CheckedModel},
    replay::ScoreKind,
    report::{Language, report_schema},
};

const NOT_TESTED: &str =
    "only the first lines of some files of the log and the labels were tested: `vigie check` reads them all";

/// What was understood of a model file.
fn model_lines(model: &CheckedModel) -> String {
    let score = match model.kind {
        ScoreKind::Probability => "probabilities",
        ScoreKind::Prediction => "predicted numbers",
    };
    let promise = Language::English.score_promise(&model.promise);
    let features = noun(model.features as u64, "feature");
    let mut text = format!("model: {} {features}; {score} equal {promise}\n", model.features);
    if let Some((address, version)) = &model.registered {
        let _ = writeln!(text, "registry: {address} is {version}");
    }
    for note in &model.notes {
        let _ = writeln!(text, "note: model.file: {note}");
    }
    if let Some(other) = &model.other {
        let _ = writeln!(text, "note: reference: {}", Language::English.other_model(other));
    }
    text
}

pub(super) fn run(verb: &ConfigVerb) -> Result<ExitStatus> {
    match verb {
        ConfigVerb::Check { config: args, connect } => {
            let all = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
            let problems = config::of_all(&all, config::check_files);
            if !problems.is_empty() {
                return Err(Problems::new(&args.config, problems).into_fault());
            }
            let mut models = String::new();
            for settings in &all {
                let own = monitor::with_current_registry_values(settings)?;
                if settings.model.tags.is_some() {
                    let model = &own.model;
                    let (threshold, price) = (model.threshold, &model.cost);
                    let (wrongly_accepted, wrongly_refused) = (price.false_negative, price.false_positive);
                    let _ = writeln!(
                        models,
                        "registry: threshold {threshold}, cost {wrongly_accepted} (false negative), {wrongly_refused} (false \
                         positive)"
                    );
                }
                if let Some(version) =
                    own.model.version.as_ref().filter(|_| own.model.version != settings.model.version)
                {
                    let _ = writeln!(models, "registry: {} has the rows of version {version}", own.model.name);
                }
                if let Some(model) = monitor::check_model(&own)? {
                    models.push_str(&model_lines(&model));
                }
                if let Some(tried) = monitor::try_records(settings)? {
                    models.push_str(&connect::sample_lines(&tried));
                }
                monitor::try_labels(settings)?;
                monitor::try_feature_table(settings)?;
            }
            for warning in config::of_all(&all, config::warnings) {
                print_error(&format!("warning: {}", Problems::new(&args.config, vec![warning])));
            }
            let mut text = format!("{}: no problems found\n{models}", args.config.display());
            for note in all.iter().filter_map(config::note_missing_reference) {
                let _ = writeln!(text, "note: {note}");
            }
            let has_label_connection =
                |settings: &Settings| settings.labels.as_ref().is_some_and(|labels| labels.place.has_connection());
            let has_feature_table = |settings: &Settings| settings.features.is_some();
            if *connect {
                for settings in &all {
                    let is_other = has_label_connection(settings) || has_feature_table(settings);
                    let others_only = !settings.source.place.has_connection() && is_other;
                    if !others_only {
                        text.push_str(&connect::log_lines(&monitor::connect(settings)?));
                    }
                    if let Some(labels) = monitor::connect_labels(settings)? {
                        text.push_str(&connect::label_lines(&labels));
                    }
                    if let Some(table) = monitor::connect_features(settings)? {
                        text.push_str(&connect::feature_table_lines(&table));
                    }
                }
            } else {
                let has_connection =
                    |settings: &Settings| settings.source.place.has_connection() || has_label_connection(settings);
                let hint = match () {
                    () if all.iter().any(has_connection) => ", --connect tests the database",
                    () if all.iter().any(has_feature_table) => ", --connect tests the feature table",
                    () => "",
                };
                let _ = writeln!(text, "{NOT_TESTED}{hint}");
            }
            print(&text);
        }
        ConfigVerb::Show(args) => {
            let all = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
            print(&config::show(&all));
        }
        ConfigVerb::Schema { report } => {
            let schema = if *report { report_schema() } else { config::schema() };
            print(&format!("{schema}\n"));
        }
    }
    Ok(ExitStatus::Success)
}
