//! Estimate against truth: of this window in words, of the windows before as a picture and a table.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vigie_profile::window::Window;
use vigie_stats::Interval;

use crate::{
    performance::Against,
    report::{
        Context, Report, chart,
        document::Performed,
        words::{Language, verdict::day},
    },
};

/// The `estimate_against_labels` of the `performance` section.
pub(crate) fn to_value(against: &Against) -> Value {
    let interval = |of: Interval| json!({ "value": of.value, "low": of.low, "high": of.high });
    json!({
        "rows": against.rows,
        "cost_per_1000": {
            "estimated": interval(against.cost_expected),
            "realised": against.cost_realised,
            "inside": against.is_cost_inside(),
        },
        "auc": {
            "estimated": against.auc_expected.map(interval),
            "realised": against.auc_realised,
            "inside": against.is_auc_inside(),
        },
        "surprise": against.is_surprise().then(|| surprise(against, Language::English)),
    })
}

/// What came that no estimate without labels could see.
fn surprise(against: &Against, language: Language) -> String {
    let number = |value: f64| language.number(value);
    let band = |of: Interval| format!("{} {} {}", number(of.low), language.pick("to", "à"), number(of.high));
    let mut parts = Vec::new();
    if !against.is_cost_inside() {
        let (came, expected) = (number(against.cost_realised), band(against.cost_expected));
        parts.push(match language {
            Language::English => format!("a cost of {came} per 1,000 rows where {expected} was expected"),
            Language::French => format!("un coût de {came} pour 1 000 lignes là où on attendait {expected}"),
        });
    }
    if let (Some(false), Some(expected), Some(came)) =
        (against.is_auc_inside(), against.auc_expected, against.auc_realised)
    {
        let (came, expected) = (number(came), band(expected));
        parts.push(match language {
            Language::English => format!("an AUC of {came} where {expected} was expected"),
            Language::French => format!("une AUC de {came} là où on attendait {expected}"),
        });
    }
    let told = parts.join(language.pick(" and ", " et "));
    match language {
        Language::English => format!(
            "The labels tell what no estimate without them can see: {told}. The same scores come true otherwise than in the \
             reference: concept drift, or something beside the score that changed."
        ),
        Language::French => format!(
            "Les étiquettes disent ce qu’aucune estimation ne peut voir sans elles : {told}. Les mêmes scores ne se réalisent plus \
             comme dans la référence : dérive de concept, ou autre chose que le score a changé."
        ),
    }
}

/// One window with labels, as text.
pub(crate) struct AgainstLine {
    pub window: String,
    pub expected: String,
    pub realised: String,
    pub is_outside: bool,
    pub auc_expected: String,
    pub auc_realised: String,
    pub coverage: String,
}

/// What the page shows.
pub(crate) struct AgainstCard {
    pub sentence: String,
    pub chart: String,
    /// The latest first.
    pub lines: Vec<AgainstLine>,
}

/// `None` unless some window's labels are there, or two windows have an estimate.
pub(crate) fn card(report: &Report, context: &Context) -> Option<AgainstCard> {
    let language = context.language;
    let performance = report.performance.as_ref()?;
    let past = context.past.iter().map(|point| (point.head.window, point.head.performed.clone()));
    let windows: Vec<(Window, Option<Performed>)> =
        past.chain([(report.examined.window, Performed::of(performance))]).collect();
    let known = windows.iter().filter(|(_, one)| one.as_ref().is_some_and(|one| one.cost_realised.is_some())).count();
    let estimated = windows.iter().filter(|(_, one)| one.is_some()).count();
    if known == 0 && estimated < 2 {
        return None;
    }
    let kept: Vec<chart::Kept> = windows
        .iter()
        .map(|(window, one)| chart::Kept {
            title: title(*window, one.as_ref(), language),
            band: one.as_ref().map(|one| one.cost_expected),
            truth: one.as_ref().and_then(|one| one.cost_realised),
        })
        .collect();
    let lines = windows.iter().rev().filter_map(|(window, one)| line(*window, one.as_ref()?, language)).collect();
    let name = language.pick(
        "Expected cost per 1,000 rows, and what labels told",
        "Coût attendu pour 1 000 lignes, et ce que les étiquettes ont dit",
    );
    let told = performance.against.as_ref().filter(|against| against.is_surprise());
    Some(AgainstCard {
        sentence: told.map_or(String::new(), |against| surprise(against, language)),
        chart: chart::band(&kept, name, |cost| language.number(cost)),
        lines,
    })
}

fn title(window: Window, one: Option<&Performed>, language: Language) -> String {
    let Some(one) = one else { return day(window.from) };
    let (value, low, high) = one.cost_expected;
    let number = |value: f64| language.number(value);
    let mut title = format!(
        "{}{} {} {} ({} – {})",
        day(window.from),
        language.pick(":", " :"),
        language.pick("expected", "attendu"),
        number(value),
        number(low),
        number(high)
    );
    if let Some(came) = one.cost_realised {
        let _ = write!(title, ", {} {}", language.pick("came", "réalisé"), number(came));
    }
    title
}

fn line(window: Window, one: &Performed, language: Language) -> Option<AgainstLine> {
    let three = |(value, low, high): (f64, f64, f64)| {
        let (value, low, high) = (language.number(value), language.number(low), language.number(high));
        format!("{value} ({low} – {high})")
    };
    Some(AgainstLine {
        window: day(window.from),
        expected: three(one.cost_expected),
        realised: language.number(one.cost_realised?),
        is_outside: one.is_inside() == Some(false),
        auc_expected: one.auc_expected.map_or("–".to_owned(), three),
        auc_realised: language.number_or_dash(one.auc_realised),
        coverage: language.percent_or_dash(one.coverage),
    })
}
