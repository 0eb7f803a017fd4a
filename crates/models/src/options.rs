//! What a model file leaves open and its user may decide.

use sha2::{Digest, Sha256};

/// Decisions that reading a model may need in addition to its file. The default is right for most files.
///
/// Each format leaves some of them open; reading a file with another option is an error.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelOptions {
    /// How many boosting iterations to use.
    pub iterations: Iterations,
    /// Names of the features whose levels the file lists without names (LightGBM's `pandas_categorical`), in the order of
    /// those lists. `None`: from the file, if it leaves no doubt.
    pub categories: Option<Vec<String>>,
    /// Rounds numbers to 32-bit floats before a model with 64-bit conditions reads them, as a service does that passes
    /// them to the library in 32-bit arrays.
    pub single_inputs: bool,
    /// Reads the raw output of a model without a known link (a custom objective) as the log-odds of the second of two
    /// classes.
    pub sigmoid: bool,
    /// A number that stands for a missing value, in addition to NaN, as `DMatrix(missing=…)` and `XGBClassifier(missing=…)`
    /// of XGBoost have it; its files do not. Numbers and codes of categories are compared with it as 32-bit floats. If it
    /// is infinite, the library takes the other infinity as a number.
    pub missing: Option<f64>,
}

/// How many boosting iterations of a model to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Iterations {
    /// Those that the library's own prediction uses by default.
    #[default]
    AsLibrary,
    /// All in the file.
    All,
    /// Up to the best one, as early stopping has noted it in the file.
    Best,
    /// The first ones.
    First(usize),
}

impl ModelOptions {
    /// The fingerprint of a model: SHA-256 of its file and, unless they are the default, of the options that it is read
    /// with.
    pub(crate) fn fingerprint(&self, file: &[u8]) -> [u8; 32] {
        let mut digest = Sha256::new().chain_update(file);
        let options = self.canonical();
        if options != Self::default().canonical() {
            digest.update(options);
        }
        digest.finalize().into()
    }

    /// The number that stands for a missing value, as it is compared; `None` if only NaN does.
    pub(crate) fn missing_number(&self) -> Option<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
        let number = self.missing.map(|number| number as f32);
        number.filter(|number| !number.is_nan())
    }

    /// A text that differs if and only if the options have different effects.
    fn canonical(&self) -> String {
        let iterations = match self.iterations {
            Iterations::AsLibrary => "as library".to_owned(),
            Iterations::All => "all".to_owned(),
            Iterations::Best => "best".to_owned(),
            Iterations::First(first) => format!("first {first}"),
        };
        let categories = self.categories.as_ref().map(|names| {
            // Lengths keep names apart that contain separators.
            names.iter().map(|name| format!("{}:{name}", name.len())).collect::<Vec<_>>().join(",")
        });
        let categories = categories.unwrap_or_else(|| "from the file".to_owned());
        let (single, sigmoid) = (self.single_inputs, self.sigmoid);
        // Both zeros are the same number.
        let missing = self.missing_number().map_or_else(String::new, |number| format!("missing={:e}\n", number + 0.0));
        format!(
            "\niterations={iterations}\ncategories={categories}\nsingle_inputs={single}\nsigmoid={sigmoid}\n{missing}"
        )
    }

    /// The options that differ from the default, by the names that users know.
    pub(crate) fn chosen(&self) -> Vec<&'static str> {
        self.described().into_iter().map(|(name, _)| name).collect()
    }

    /// The options that differ from the default, by the names that users know, with their values.
    pub(crate) fn described(&self) -> Vec<(&'static str, String)> {
        let iterations = match self.iterations {
            Iterations::AsLibrary => None,
            Iterations::All => Some("all".to_owned()),
            Iterations::Best => Some("best".to_owned()),
            Iterations::First(count) => Some(count.to_string()),
        };
        let by_name = [
            ("iterations", iterations),
            ("categories", self.categories.as_ref().map(|names| names.join(", "))),
            ("inputs", self.single_inputs.then(|| "f32".to_owned())),
            ("link", self.sigmoid.then(|| "sigmoid".to_owned())),
            ("missing", self.missing.map(|number| number.to_string())),
        ];
        by_name.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_changes_the_fingerprint() {
        let missing = |number| ModelOptions { missing: Some(number), ..ModelOptions::default() };
        let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
        let all = [
            ModelOptions::default(),
            ModelOptions { iterations: Iterations::All, ..ModelOptions::default() },
            ModelOptions { iterations: Iterations::Best, ..ModelOptions::default() },
            ModelOptions { iterations: Iterations::First(3), ..ModelOptions::default() },
            ModelOptions { categories: Some(Vec::new()), ..ModelOptions::default() },
            ModelOptions { categories: names(&["a", "b"]), ..ModelOptions::default() },
            ModelOptions { categories: names(&["a,1:b"]), ..ModelOptions::default() },
            ModelOptions { single_inputs: true, ..ModelOptions::default() },
            ModelOptions { sigmoid: true, ..ModelOptions::default() },
            missing(0.0),
            missing(-999.0),
            missing(f64::INFINITY),
        ];
        let mut prints: Vec<_> = all.iter().map(|options| options.fingerprint(b"file")).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), all.len());
        let plain: [u8; 32] = Sha256::digest(b"file").into();
        assert_eq!(ModelOptions::default().fingerprint(b"file"), plain);
        // Options without a difference.
        assert_eq!(missing(f64::NAN).fingerprint(b"file"), plain);
        assert_eq!(missing(-0.0).fingerprint(b"file"), missing(0.0).fingerprint(b"file"));
        assert_eq!(missing(0.1).fingerprint(b"file"), missing(f64::from(0.1_f32)).fingerprint(b"file"));
    }

    #[test]
    fn options_are_described_as_users_write_them() {
        assert_eq!(ModelOptions::default().described(), []);
        let options = ModelOptions {
            iterations: Iterations::Best,
            categories: Some(vec!["a".to_owned(), "b c".to_owned()]),
            single_inputs: true,
            sigmoid: true,
            missing: Some(-999.0),
        };
        let described = options.described().into_iter().map(|(name, value)| format!("{name}: {value}"));
        assert_eq!(
            described.collect::<Vec<_>>(),
            ["iterations: best", "categories: a, b c", "inputs: f32", "link: sigmoid", "missing: -999"]
        );
    }

    /// Fingerprints are stored in references, so those of earlier options must not change.
    #[test]
    fn fingerprints_stay_the_same() {
        let categories = Some(vec!["a".to_owned(), "b".to_owned()]);
        let options = ModelOptions {
            iterations: Iterations::First(3),
            categories,
            single_inputs: true,
            sigmoid: true,
            missing: None,
        };
        let text = "file\niterations=first 3\ncategories=1:a,1:b\nsingle_inputs=true\nsigmoid=true\n";
        assert_eq!(options.fingerprint(b"file")[..], Sha256::digest(text)[..]);
    }
}
