//! The objective of a model, as its file spells it, and the transform from raw outputs that it implies.
//!
//! Source: `ParseObjectiveAlias` and the constructors from a string in LightGBM's `src/objective`.

use super::{
    output::Transform,
    refusal::{damaged, unsupported},
    text::{excerpt, tokens},
};
use crate::error::Result;

/// The transform of an objective: the value of the line `objective`, or `None` if there is none. `outputs`: number of raw
/// outputs per row.
///
/// An unknown objective or setting is an error, since it may change the transform.
pub(crate) fn transform_of(objective: Option<&str>, outputs: usize) -> Result<Transform> {
    let mut words = tokens(objective.unwrap_or_default());
    let name = words.next().unwrap_or("custom");
    let mut settings = ObjectiveSettings::default();
    for word in words {
        settings.read(name, word)?;
    }
    let (transform, many) = match name {
        "binary" => (Transform::Sigmoid(settings.sigmoid(name)?), false),
        "cross_entropy" | "xentropy" => (Transform::Sigmoid(1.0), false),
        "multiclass" | "softmax" => (Transform::Softmax, true),
        "multiclassova" | "multiclass_ova" | "ova" | "ovr" => (Transform::Sigmoids(settings.sigmoid(name)?), true),
        "poisson" | "gamma" | "tweedie" => (Transform::Exp, false),
        "cross_entropy_lambda" | "xentlambda" => (Transform::Log1pExp, false),
        // LightGBM ignores the setting for this loss.
        "huber" => (Transform::Identity, false),
        "regression"
        | "regression_l2"
        | "mean_squared_error"
        | "mse"
        | "l2"
        | "l2_root"
        | "root_mean_squared_error"
        | "rmse"
        | "regression_l1"
        | "mean_absolute_error"
        | "l1"
        | "mae"
        | "fair"
        | "quantile"
        | "mape"
        | "mean_absolute_percentage_error" => {
            (if settings.sqrt { Transform::SignedSquare } else { Transform::Identity }, false)
        }
        "lambdarank" | "rank_xendcg" | "xendcg" | "xe_ndcg" | "xe_ndcg_mart" | "xendcg_mart" => {
            (Transform::Identity, false)
        }
        "custom" | "none" | "null" | "na" => return Ok(Transform::Identity),
        _ => {
            return Err(unsupported(format_args!(
                "has the objective `{}`, which vigie does not know; it reads those of LightGBM 4.7, and models without a \
                 line `objective=` as raw scores",
                excerpt(name)
            )));
        }
    };
    match settings.classes {
        _ if !many && outputs != 1 => Err(damaged(format_args!("`{name}` has one output per row, not {outputs}"))),
        None if many => Err(damaged(format_args!("its objective `{name}` has no `num_class`"))),
        Some(classes) if many && classes != outputs => {
            Err(damaged(format_args!("its objective has {classes} classes, but its trees have {outputs} outputs")))
        }
        _ => Ok(transform),
    }
}

/// The words after the name of an objective.
#[derive(Debug, Default)]
struct ObjectiveSettings {
    sigmoid: Option<f64>,
    classes: Option<usize>,
    sqrt: bool,
}

impl ObjectiveSettings {
    fn read(&mut self, name: &str, word: &str) -> Result<()> {
        let wrong = || damaged(format_args!("its objective has the setting `{}`", excerpt(word)));
        match word.split_once(':') {
            None if word == "sqrt" => self.sqrt = true,
            Some(("sigmoid", factor)) => self.sigmoid = Some(decimal(factor).ok_or_else(wrong)?),
            Some(("num_class", classes)) => self.classes = Some(classes.parse().map_err(|_| wrong())?),
            _ => {
                return Err(unsupported(format_args!(
                    "has the objective `{}` with the setting `{}`, which vigie does not know; it reads those of LightGBM 4.7",
                    excerpt(name),
                    excerpt(word)
                )));
            }
        }
        Ok(())
    }

    /// The factor of the raw output. The library does not load a model without it, or with one that is not positive.
    fn sigmoid(&self, name: &str) -> Result<f64> {
        let factor = self.sigmoid.filter(|factor| *factor > 0.0 && factor.is_finite());
        factor.ok_or_else(|| damaged(format_args!("its objective `{name}` has no positive `sigmoid`")))
    }
}

/// Parses a decimal number as LightGBM's `Common::Atof` does, which rounds once per step instead of once.
fn decimal(text: &str) -> Option<f64> {
    let digits = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 22;
        is_number.then(|| text.bytes().fold(0.0, |value, digit| value * 10.0 + f64::from(digit - b'0')))
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // Powers of ten up to 22 are exact.
    let power = |exponent: usize| (0..exponent).fold(1.0, |power, _| power * 10.0);
    let value = digits(whole)? + digits(fraction)? / power(fraction.len());
    let is_negative = exponent.starts_with('-');
    let exponent: usize = exponent.trim_start_matches(['-', '+']).parse().ok().filter(|exponent| *exponent <= 22)?;
    Some(if is_negative { value / power(exponent) } else { value * power(exponent) })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are bit-identical")]
mod tests {
    use super::*;

    #[test]
    fn every_objective_and_alias_has_its_transform() {
        let one = |objective| transform_of(Some(objective), 1).unwrap();
        assert_eq!(one("binary sigmoid:0.7"), Transform::Sigmoid(0.7));
        for cross_entropy in ["cross_entropy", "xentropy"] {
            assert_eq!(one(cross_entropy), Transform::Sigmoid(1.0));
        }
        for log in ["poisson", "gamma", "tweedie"] {
            assert_eq!(one(log), Transform::Exp);
        }
        for lambda in ["cross_entropy_lambda", "xentlambda"] {
            assert_eq!(one(lambda), Transform::Log1pExp);
        }
        for plain in ["regression", "mse", "rmse", "l1", "mae", "fair", "quantile", "mape", "huber", "lambdarank"] {
            assert_eq!(one(plain), Transform::Identity, "{plain}");
        }
        for squared in ["regression sqrt", "regression_l1 sqrt", "quantile sqrt", "mape sqrt", "fair sqrt"] {
            assert_eq!(one(squared), Transform::SignedSquare, "{squared}");
        }
        assert_eq!(one("huber sqrt"), Transform::Identity, "LightGBM ignores it");
        for none in ["custom", "none", "null", "na", "", "rank_xendcg", "xe_ndcg_mart"] {
            assert_eq!(one(none), Transform::Identity, "{none}");
        }
        assert_eq!(transform_of(None, 7).unwrap(), Transform::Identity);
        assert_eq!(transform_of(Some("multiclass num_class:4"), 4).unwrap(), Transform::Softmax);
        for ova in ["multiclassova", "ova", "ovr", "multiclass_ova"] {
            let objective = format!("{ova} num_class:3 sigmoid:1.3");
            assert_eq!(transform_of(Some(&objective), 3).unwrap(), Transform::Sigmoids(1.3));
        }
    }

    #[test]
    fn what_may_change_the_transform_is_refused() {
        let refusal = |objective, outputs| transform_of(Some(objective), outputs).unwrap_err().to_string();
        for (objective, outputs, why) in [
            ("cauchy", 1, "has the objective `cauchy`, which vigie does not know"),
            ("regression cube", 1, "with the setting `cube`"),
            ("binary", 1, "has no positive `sigmoid`"),
            ("binary sigmoid:0", 1, "has no positive `sigmoid`"),
            ("binary sigmoid:x", 1, "the setting `sigmoid:x`"),
            ("binary sigmoid:1", 2, "has one output per row, not 2"),
            ("multiclass", 3, "has no `num_class`"),
            ("multiclass num_class:4", 3, "has 4 classes, but its trees have 3 outputs"),
        ] {
            let message = refusal(objective, outputs);
            assert!(message.contains(why), "{objective}: {message}");
        }
    }

    #[test]
    fn factors_are_rounded_as_in_lightgbm() {
        for exact in ["1", "0.7", "1.3", ".5", "2.", "1e-05", "2.5E+3", "0.123456"] {
            assert_eq!(decimal(exact), exact.parse().ok(), "{exact}");
        }
        // The fraction is rounded before it is added.
        let factor = decimal("1.00544").unwrap();
        assert_eq!(factor, 1.0 + 544.0 / 100_000.0);
        assert_ne!(factor, 1.00544);
        for wrong in ["", ".", "-1", "1.x", "1e", "1e99", "nan", "1e-"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
    }
}
