//! How much the name of a field says about its role.

/// The words of a path (`outputs.probaDefault`, `Y_PRED`), in lower case.
pub(super) fn words(path: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for char in path.chars() {
        if !char.is_alphanumeric() || was_lower && char.is_uppercase() {
            words.push(String::new());
        }
        was_lower = char.is_lowercase() || char.is_numeric();
        if let Some(word) = words.last_mut().filter(|_| char.is_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').find(|name| name.parse::<usize>().is_err()).unwrap_or(path)
}

/// Whether any word of the path is one of these.
pub(super) fn has_word(path: &str, known: &[&str]) -> bool {
    words(path).iter().any(|word| known.contains(&word.as_str()))
}

/// The rank of the first group with a word of the name: the number of groups for the first group, down to 0 for none.
fn rank(name: &str, groups: &[&[&str]]) -> usize {
    let joined = words(name).concat();
    let place = groups.iter().position(|group| group.contains(&joined.as_str()) || has_word(name, group));
    place.map_or(0, |place| groups.len() - place)
}

pub(super) fn time_rank(path: &str) -> usize {
    rank(
        last(path),
        &[
            &[
                "ts",
                "timestamp",
                "timestamputc",
                "inferencetime",
                "eventtime",
                "requesttime",
                "predictiontime",
                "horodatage",
            ],
            &["datetime", "createdat", "created", "receivedat", "loggedat", "when", "scoredat"],
            &["time", "date", "at", "heure"],
        ],
    )
}

pub(super) fn score_rank(path: &str) -> usize {
    let name = last(path);
    let own = rank(
        name,
        &[
            &["proba", "probability", "probabilite", "probabilities", "pd", "prob"],
            &["score", "scores", "p", "likelihood", "risk"],
            &["prediction", "predictions", "predicted", "pred", "yhat", "yprob"],
        ],
    );
    // `outputs.0.data` of tensors, and the body of an answer.
    if own == 0 && is_output(path) { usize::from(["data", "value", "output", "result"].contains(&name)) } else { own }
}

pub(super) fn decision_rank(path: &str) -> usize {
    rank(
        last(path),
        &[
            &["decision", "verdict", "approved", "accepted", "rejected", "refused", "declined", "accorde", "refuse"],
            &["prediction", "pred", "ypred", "label", "outcome", "class", "result", "score", "resultat"],
        ],
    )
}

pub(super) fn latency_rank(path: &str) -> usize {
    rank(
        last(path),
        &[
            &["latency", "latence", "latencyms"],
            &[
                "responsetime",
                "executiontime",
                "executiontimems",
                "processingtime",
                "inferencetime",
                "elapsed",
                "duration",
                "took",
                "duree",
            ],
            &["ms", "millis", "seconds", "elapsedms"],
        ],
    )
}

pub(super) fn id_rank(path: &str) -> usize {
    let words = words(last(path));
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match () {
        () if has(&["request", "event", "inference", "prediction", "invocation"]) && has(&["id", "uuid", "guid"]) => 4,
        () if has(&["correlation", "trace", "transaction"]) && has(&["id", "uuid", "guid"]) => 3,
        () if words.len() == 1 && has(&["id", "uuid", "guid"]) => 2,
        () => usize::from(has(&["id", "uuid", "guid", "key", "trace"])),
    }
}

/// Words of places that hold inputs.
pub(super) const INPUTS: [&str; 17] = [
    "input",
    "inputs",
    "feature",
    "features",
    "payload",
    "request",
    "instances",
    "dataframe",
    "body",
    "data",
    "row",
    "rows",
    "record",
    "records",
    "x",
    "arr",
    "args",
];

/// Whether a path leads through the answer of the model.
pub(super) fn is_output(path: &str) -> bool {
    has_word(
        path,
        &[
            "output",
            "outputs",
            "response",
            "result",
            "results",
            "prediction",
            "predictions",
            "answer",
            "reponse",
            "scores",
            "probabilities",
        ],
    )
}

/// Whether a path leads through what describes a request, and is neither input nor output.
pub(super) fn is_metadata(path: &str) -> bool {
    has_word(
        path,
        &[
            "metadata",
            "meta",
            "headers",
            "header",
            "timing",
            "timings",
            "context",
            "error",
            "model",
            "trace",
            "labels",
            "tags",
            "kubernetes",
            "shape",
            "datatype",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ranked_by_their_words() {
        assert_eq!(words("outputs.probaDefault"), ["outputs", "proba", "default"]);
        assert_eq!(last("response.outputs.0.data.0"), "data");
        assert!(time_rank("ts") > time_rank("created_at") && time_rank("created_at") > time_rank("birth_date"));
        assert!(score_rank("outputs.proba_default") > score_rank("y_pred") && score_rank("AGE") == 0);
        assert!(score_rank("response.outputs.0.data") > 0 && score_rank("request.data") == 0);
        assert!(id_rank("request_id") > id_rank("id") && id_rank("id") > id_rank("sk_id_curr"));
        assert!(latency_rank("latence_ms") > 0 && latency_rank("execution_time_ms") > 0);
    }
}
