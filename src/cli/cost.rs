//! `vigie learn --show cost`: the cost of each threshold on the reference's rows, and the cheapest one.

use std::{fmt::Write as _, path::Path};

use vigie_profile::shown::shown;

use super::args::{LearnArgs, OutputFormat};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Result},
    monitor::{cost_curve, terms_or_default, with_registry_values},
    performance::{CostAt, CostCurve},
    reference::Reference,
    report::{Language, ReportedCostCurve},
};

/// Show every n-th point of the curve.
const STEP: usize = 5;
/// Length of the longest bar, in characters.
const BAR: f64 = 30.0;

/// Renders the curve as text or JSON, with the costs and threshold of the config if it exists.
pub(super) fn render_cost(args: &LearnArgs, reference: &Reference) -> Result<String> {
    let settings = settings(args)?;
    let settings = settings.as_ref().map(with_registry_values).transpose()?;
    let curve = cost_curve(reference, terms_or_default(settings.as_deref()))?.ok_or_else(|| {
        Fault::setup(format!(
            "--show cost: {} was built without outcomes; rebuild it with --target and either --probability or --model",
            args.out.display()
        ))
    })?;
    Ok(match args.format {
        OutputFormat::Json => {
            let json = serde_json::to_string_pretty(&ReportedCostCurve::new(&curve)).unwrap_or_default();
            format!("{json}\n")
        }
        OutputFormat::Text => text(&curve, settings.is_some().then_some(args.config.as_path())),
    })
}

/// Settings of the model with this reference, if the config defines several.
fn settings(args: &LearnArgs) -> Result<Option<Settings>> {
    if args.config == Path::new("config/vigie.yaml") && !args.config.exists() {
        return Ok(None);
    }
    if let Some(name) = &args.name {
        return Settings::load_one(&args.config, "--name", Some(name)).map(Some).map_err(Problems::into_fault);
    }
    let mut all = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
    let same = |settings: &Settings| {
        let place = |path: &Path| path.canonicalize().ok();
        place(&settings.reference).is_some_and(|ours| place(&args.out) == Some(ours))
    };
    if let Some(found) = all.iter().position(same) {
        return Ok(Some(all.swap_remove(found)));
    }
    match all.len() {
        1 => Ok(all.pop()),
        _ => Err(Fault::setup(format!(
            "--config {}: none of its models has the reference {}; choose one with `--name NAME`",
            args.config.display(),
            args.out.display()
        ))),
    }
}

fn text(curve: &CostCurve, config: Option<&Path>) -> String {
    let price = curve.terms.price;
    let source =
        config.map_or("the defaults; set others with --config".to_owned(), |path| shown(&path.display().to_string()));
    let mut text = format!(
        "\ncost per 1,000 rows by threshold, on {} rows: {} for each wrongly accepted, {} for each wrongly refused \
         ({source})\n\n{:>9} {:>8} {:>8}\n",
        curve.rows, price.false_negative, price.false_positive, "threshold", "cost", "refused"
    );
    let top = curve.points.iter().fold(1e-9f64, |top, point| top.max(point.per_1000));
    let listed: Vec<&CostAt> = curve.points.iter().step_by(STEP).collect();
    let nearest = |threshold: f64| {
        let distance = |point: &CostAt| (point.threshold - threshold).abs();
        let places = listed.iter().enumerate();
        places.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b))).map(|(place, _)| place)
    };
    let used = nearest(curve.terms.threshold);
    for (place, point) in listed.iter().enumerate() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 30")]
        let length = (point.per_1000 / top * BAR).round().clamp(0.0, BAR) as usize;
        let shade = if curve.is_near(point.threshold) { "█" } else { "░" };
        let _ = writeln!(
            text,
            "{:>9.2} {:>8.1} {:>8}  {}{}",
            point.threshold,
            point.per_1000,
            Language::English.percent(point.refused),
            shade.repeat(length),
            if used == Some(place) { "  ← in use" } else { "" }
        );
    }
    let at = |threshold: Option<f64>| threshold.map_or("no refusals".to_owned(), |threshold| format!("{threshold:.4}"));
    let _ = writeln!(text, "\nin use: {} costs {:.1} per 1,000", curve.terms.threshold, curve.used);
    let _ = writeln!(text, "cheapest: {} costs {:.1} per 1,000", at(curve.cheapest.threshold), curve.least);
    let _ =
        writeln!(text, "not significantly more expensive (5%, █): {} to {}", at(curve.near.low), at(curve.near.high));
    text
}
