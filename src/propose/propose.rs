//! From a sample to a proposal: inputs first, because every other field is outside of them.

use serde_json::{Value, json};
use vigie_profile::decision::HighScore;

use super::{
    decision::{find_decision, stated_threshold},
    filter::{FoundFilter, find_filter},
    found_field::FoundField,
    inputs::{FoundInputs, InputLayout, find_inputs},
    known::Known,
    proposal::{Proposal, ProposedScore},
    question::{Answers, OpenPoint, Question},
    score::find_score,
    service::{find_error, find_id, find_latency, find_status, find_version},
    survey::Survey,
    time::find_time,
};
use crate::{
    fault::{Fault, Result},
    source::{RecordSample, SourceOptions},
};

/// Number of places of the inputs that are tried.
const TRIED: usize = 6;

/// Proposes a config. `key` is what messages call the log.
pub fn propose(sample: &RecordSample, known: &Known, answers: &Answers, key: &str) -> Result<Proposal> {
    let survey = Survey::new(sample.values().collect());
    if survey.records.is_empty() {
        return Err(Fault::setup(format!(
            "{key}: its records are nested too deeply to be read; log one flat object a request"
        )));
    }
    let inputs = choose_inputs(sample, &survey, known, answers, key)?;
    let time = find_time(&survey, inputs.path.as_deref(), answers, key)?;
    let found = find_score(&survey, &inputs, known, answers);
    let score_path = found.score.as_ref().map(ProposedScore::path);
    let decision = match &found.score {
        Some(ProposedScore::Probability { field, scale }) => {
            find_decision(&survey, &inputs, &field.path, *scale, answers)
        }
        _ => None,
    };
    let is_probability = matches!(found.score, Some(ProposedScore::Probability { .. }));
    let mut questions: Vec<Question> = time.question.into_iter().chain(found.question).collect();
    questions.extend(decision.as_ref().and_then(|decision| decision.question.clone()));
    let timezone = answers.get(&OpenPoint::Timezone).filter(|zone| !zone.is_empty());
    if time.is_naive && !answers.contains_key(&OpenPoint::Timezone) {
        questions.push(Question {
            subject: OpenPoint::Timezone,
            text: format!(
                "Times in `{}` state no zone. Which zone are they in, such as Europe/Paris?",
                time.field.path
            ),
            options: Vec::new(),
            default: "UTC".to_owned(),
        });
    }
    let latency = find_latency(&survey, &inputs, answers);
    questions.extend(latency.as_ref().and_then(|(_, _, question)| question.clone()));
    let filter = find_filter(&survey, &inputs, score_path);
    let (id, status) = (find_id(&survey, &inputs, &time.field.path), find_status(&survey, &inputs));
    let (error, version) = (find_error(&survey, &inputs), find_version(&survey, &inputs));
    let threshold = decision.as_ref().and_then(|decision| decision.threshold.clone());
    let threshold = threshold.or_else(|| is_probability.then(|| stated_threshold(&survey)).flatten());
    // What the score is the probability of, by its name, unless the decisions say otherwise.
    let event = score_path.filter(|_| is_probability).and_then(event_of);
    let by_decisions = decision.as_ref().and_then(|decision| decision.high_score);
    let by_name = event.as_deref().and_then(HighScore::of_event);
    let high_score = by_decisions.or(by_name).unwrap_or_default();
    let event = event.filter(|_| by_name == Some(high_score));
    let roles = Roles {
        time: &time.field,
        others: &time.others,
        score: found.score.as_ref(),
        more: [
            decision.as_ref().map(|own| &own.field),
            latency.as_ref().map(|own| &own.0),
            status.as_ref(),
            error.as_ref(),
            id.as_ref(),
            version.as_ref().map(|own| &own.0),
            filter.as_ref().map(|own| &own.field),
        ],
    };
    let (feature_names, ignored) = roles.features(&inputs, &survey, known);
    let names_from = inputs.names_from;
    let evidence = match inputs.layout {
        InputLayout::Columns => {
            FoundInputs { names: feature_names.clone(), ..inputs.clone() }.evidence(survey.records.len())
        }
        _ => inputs.evidence(survey.records.len()),
    };
    Ok(Proposal {
        records: survey.records.len(),
        is_own_log: is_own_log(&survey),
        format: sample.format,
        csv: sample.csv.filter(|csv| !csv.form.is_default()),
        timestamp: time.field.clone(),
        is_naive: time.is_naive,
        timezone: timezone.cloned(),
        features: inputs.path.clone(),
        features_evidence: evidence,
        feature_names,
        names_from,
        ignored,
        score: found.score,
        other_scores: found.others,
        event,
        high_score,
        words: decision.as_ref().and_then(|decision| decision.words.clone()),
        decision: decision.map(|decision| decision.field),
        threshold,
        latency: latency.map(|(field, scale, _)| (field, scale)),
        status,
        error,
        id,
        version,
        filter: filter.map(|FoundFilter { field, values }| (field, values)),
        questions,
    })
}

/// The likeliest place of the inputs that the readers can read there.
fn choose_inputs(
    sample: &RecordSample,
    survey: &Survey,
    known: &Known,
    answers: &Answers,
    key: &str,
) -> Result<FoundInputs> {
    let found = find_inputs(survey, known);
    let time = |inputs: &FoundInputs| find_time(survey, inputs.path.as_deref(), answers, key);
    for inputs in found.iter().take(TRIED) {
        let Ok(time) = time(inputs) else { continue };
        let mut source = json!({"path": "log", "fields": {"timestamp": time.field.path}});
        if let Some(path) = &inputs.path {
            set(&mut source, &["fields", "features"], json!(path));
        }
        if inputs.needs_names() {
            set(&mut source, &["feature_names"], json!(inputs.names));
        }
        let options: SourceOptions = serde_json::from_value(source)
            .map_err(|error| Fault::setup(format!("{key}: the proposed config is not valid ({error})")))?;
        let read = sample.try_mapping(&options, inputs.columns())?;
        let is_read = read.records.iter().any(|records| records.features.iter().any(Option::is_some));
        if is_read {
            return Ok(inputs.clone());
        }
    }
    match found.into_iter().next() {
        // The time is what is missing; its error says so.
        Some(first) => time(&first).map(|_| first),
        None => Err(Fault::setup(format!(
            "{key}: no inputs of a model are in its records; log the inputs of each request, as an object or as columns"
        ))),
    }
}

fn set(value: &mut Value, keys: &[&str], to: Value) {
    let mut place = value;
    for key in keys {
        place = &mut place[*key];
    }
    *place = to;
}

/// Fields with a role.
struct Roles<'a> {
    time: &'a FoundField,
    others: &'a [FoundField],
    score: Option<&'a ProposedScore>,
    more: [Option<&'a FoundField>; 7],
}

impl Roles<'_> {
    /// Names of the inputs, and of the record's own fields that are none.
    fn features(&self, inputs: &FoundInputs, survey: &Survey, known: &Known) -> (Vec<String>, Vec<String>) {
        if inputs.path.is_some() {
            return (inputs.names.clone(), Vec::new());
        }
        let times = std::iter::once(self.time).chain(self.others);
        let fields = times.chain(self.more.into_iter().flatten()).map(|field| field.path.as_str());
        let has_role: Vec<&str> = fields.chain(self.score.map(ProposedScore::path)).collect();
        let is_known = |name: &String| known.model_features.contains(name);
        let is_input = |name: &String| {
            let facts = survey.get(name);
            let is_constant_text =
                facts.is_some_and(|facts| facts.values.len() == 1 && facts.texts > 0 && !facts.is_numeric());
            let is_score = super::names::score_rank(name) > 1 || super::names::decision_rank(name) > 0;
            is_known(name) || !has_role.contains(&name.as_str()) && !is_constant_text && !is_score
        };
        let (names, ignored): (Vec<String>, Vec<String>) = inputs.names.iter().cloned().partition(is_input);
        let has_no_role = |name: &String| !has_role.contains(&name.as_str());
        (names, ignored.into_iter().filter(has_no_role).collect())
    }
}

/// The word of a path that names a bad or a good event.
fn event_of(path: &str) -> Option<String> {
    super::names::words(path).into_iter().find(|word| HighScore::of_event(word).is_some())
}

/// Whether `vigie serve` wrote the records.
fn is_own_log(survey: &Survey) -> bool {
    ["ts", "request_id", "instance", "seq", "model_sha256", "status_code"].iter().all(|key| survey.get(key).is_some())
        && survey.get("outputs.raw").is_some()
}
