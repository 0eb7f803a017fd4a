//! Performance of a regression or of several classes.

use vigie_profile::shown::shown;
use vigie_stats::{ClassPerformance, Interval, Multiclass, PredictionErrors};

use super::performance::{MetricLine, PerformanceCard};
use crate::{
    performance::{Predictions, RealisedPredictions},
    report::{
        document::performance::coverage,
        words::{Language, label_notes::label_notes},
    },
};

/// Returns the section, or `None` without labels.
pub(crate) fn card(predictions: &Predictions, language: Language) -> Option<PerformanceCard> {
    let labels = predictions.labels.as_ref()?;
    let lines = match &predictions.realised {
        RealisedPredictions::Numbers(errors) => errors.as_ref().map(|errors| numbers(errors, language)),
        RealisedPredictions::Classes(names, measured) => {
            measured.as_ref().map(|measured| classes(names, measured, language))
        }
    };
    let heads = lines.is_some().then(|| language.by_labels_of(coverage(labels, predictions.rows)));
    Some(PerformanceCard {
        sentences: Vec::new(),
        heads: heads.into_iter().collect(),
        lines: lines.unwrap_or_default(),
        calibration_chart: String::new(),
        has_reference: false,
        calibration: Vec::new(),
        notes: label_notes(labels, predictions.rows, language),
    })
}

fn line(name: impl Into<String>, value: String) -> MetricLine {
    MetricLine { name: name.into(), cells: vec![value] }
}

fn numbers(errors: &PredictionErrors, language: Language) -> Vec<MetricLine> {
    let labels = language.labels();
    vec![
        line("RMSE", language.interval(errors.rmse)),
        line("MAE", language.interval(errors.mae)),
        line("R²", language.number_or_dash(errors.r2)),
        line(labels.mean_error, language.interval(errors.mean_error)),
        line(labels.labelled_rows, language.grouped(errors.rows)),
    ]
}

fn classes(names: &[String], measured: &Multiclass, language: Language) -> Vec<MetricLine> {
    let labels = language.labels();
    let recall =
        |of: &ClassPerformance| of.recall.map_or("–".to_owned(), |recall: Interval| language.interval(recall));
    let by_class = names.iter().zip(&measured.classes).map(|(name, of)| {
        let counts = format!("AUC {}, {}", language.number_or_dash(of.auc), language.row_count(of.rows));
        line(format!("{}{} {}", labels.recall, language.colon(), shown(name)), format!("{} · {counts}", recall(of)))
    });
    let whole = [
        line(labels.auc_macro, language.number_or_dash(measured.auc)),
        line(labels.recall_macro, language.number(measured.recall)),
        line(labels.accuracy, language.interval(measured.accuracy)),
        line(labels.labelled_rows, language.grouped(measured.rows)),
    ];
    whole.into_iter().chain(by_class).collect()
}
