//! `POST /invocations`, as MLflow's and SageMaker's servers have it, and `POST /v1/models/NAME:predict` of `KServe`.

use std::{sync::Arc, time::Instant as Monotonic};

use axum::{
    extract::{Extension, Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    protocol::EndpointProtocol,
    read::{json_text, objects},
};
use crate::serve::{
    admission::{AdmittedBody, RowLimits},
    json_object::{JsonMembers, json_object},
    model::ServedModel,
    refusal::{ScoringRefusal, without_value},
    request_id::RequestId,
    service::{Scored, ScoringRequest, ScoringService},
};

/// The body of `/invocations`; exactly one key, and `params`, which is ignored.
#[derive(Deserialize)]
struct InvocationsBody<'a> {
    #[serde(borrow)]
    dataframe_split: Option<DataframeSplit<'a>>,
    #[serde(borrow)]
    dataframe_records: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    instances: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    inputs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct DataframeSplit<'a> {
    columns: Vec<String>,
    #[serde(borrow)]
    data: Vec<Vec<&'a RawValue>>,
}

/// What is answered for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OutputKind {
    Score,
    /// 1 if the row is refused by the threshold, otherwise 0.
    Class,
    Raw,
}

impl OutputKind {
    fn parse(query: Option<&str>) -> Result<Self, ScoringRefusal> {
        let mut pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        match pairs.find(|(key, _)| *key == "output").map(|(_, value)| value) {
            None | Some("probability" | "score") => Ok(Self::Score),
            Some("class") => Ok(Self::Class),
            Some("raw") => Ok(Self::Raw),
            Some(_) => Err(ScoringRefusal::unreadable("output is none of probability, class, raw")),
        }
    }
}

pub(in crate::serve) async fn invocations(
    State(service): State<Arc<ScoringService>>,
    Extension(RequestId(id)): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: AdmittedBody,
) -> Response {
    let started = Monotonic::now();
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let rows = |model: &ServedModel| match kind.as_str() {
        "application/json" => rows_of_json(&body, model),
        "text/csv" => rows_of_csv(&body),
        _ => Err(ScoringRefusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "BAD_REQUEST",
            "the content type must be application/json or text/csv",
        )),
    };
    let protocol = EndpointProtocol::Invocations;
    let answer = match OutputKind::parse(query.as_deref()) {
        Ok(output) => body.run(answer(&service, protocol, (&id, started), &body, rows, output)).await,
        Err(refusal) => Err(refusal),
    };
    protocol.finish(&service, (&id, started), answer).await
}

/// `POST /v1/models/NAME:predict` with `instances`.
pub(in crate::serve) async fn instances(
    State(service): State<Arc<ScoringService>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Path(path): Path<String>,
    body: AdmittedBody,
) -> Response {
    let started = Monotonic::now();
    let name = service.champion.model().name.clone();
    let protocol = EndpointProtocol::Instances;
    let answer = if path.strip_suffix(":predict") == Some(name.as_str()) {
        let rows = |model: &ServedModel| rows_of_json(&body, model);
        body.run(answer(&service, protocol, (&id, started), &body, rows, OutputKind::Score)).await
    } else {
        let why = format!("the model of this server is {name}; call /v1/models/{name}:predict");
        Err(ScoringRefusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", why))
    };
    protocol.finish(&service, (&id, started), answer).await
}

async fn answer(
    service: &Arc<ScoringService>,
    protocol: EndpointProtocol,
    (id, started): (&str, Monotonic),
    body: &AdmittedBody,
    rows: impl FnOnce(&ServedModel) -> Result<Vec<String>, ScoringRefusal>,
    output: OutputKind,
) -> Result<Value, ScoringRefusal> {
    let model = service.model_for(id);
    let rows = rows(&model)?;
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let endpoint = protocol.endpoint();
    let request = ScoringRequest { endpoint, request_id: id, started, rows, reasons: 0, is_large: body.is_large };
    let scored = service.score(&request, model).await?;
    Ok(json!({"predictions": values(&scored, output)}))
}

fn values(scored: &Scored, output: OutputKind) -> Vec<Value> {
    let value = |score: &crate::serve::model::RowScore| match output {
        OutputKind::Class => score.refused.map_or_else(|| json!(score.score), |refused| json!(u8::from(refused))),
        OutputKind::Raw => json!(score.raw),
        OutputKind::Score => json!(score.score),
    };
    scored.scores.iter().map(value).collect()
}

fn rows_of_json(
    AdmittedBody { bytes, limits, .. }: &AdmittedBody,
    model: &ServedModel,
) -> Result<Vec<String>, ScoringRefusal> {
    let text = json_text(bytes)?;
    let body: InvocationsBody<'_> = serde_json::from_str(&text).map_err(|error| {
        let why = without_value(&error);
        ScoringRefusal::unreadable(format!("the body cannot be read: {why}; send one of {KEYS}"))
    })?;
    let given = [
        body.dataframe_split.is_some(),
        body.dataframe_records.is_some(),
        body.instances.is_some(),
        body.inputs.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        return Err(ScoringRefusal::unreadable(format!("the body must have exactly one of {KEYS}")));
    }
    if let Some(split) = body.dataframe_split {
        return objects(&split.columns, &split.data, *limits);
    }
    if let Some(rows) = body.dataframe_records.or(body.instances) {
        return rows_of_list(&rows, model, *limits);
    }
    let inputs = body.inputs.map_or("", RawValue::get);
    match inputs.as_bytes().first() {
        Some(b'[') => {
            let rows: Vec<&RawValue> = serde_json::from_str(inputs).map_err(|error| unreadable_inputs(&error))?;
            rows_of_list(&rows, model, *limits)
        }
        Some(b'{') => rows_of_columns(inputs, *limits),
        _ => Err(ScoringRefusal::unreadable("`inputs` must be an object of columns, or a list of rows")),
    }
}

const KEYS: &str = "dataframe_split, dataframe_records, instances, inputs";

fn unreadable_inputs(error: &serde_json::Error) -> ScoringRefusal {
    ScoringRefusal::misread("`inputs`", error)
}

/// Rows that are objects, or lists of values in the order of the model's features.
fn rows_of_list(rows: &[&RawValue], model: &ServedModel, limits: RowLimits) -> Result<Vec<String>, ScoringRefusal> {
    limits.check(rows.len(), 0)?;
    if rows.iter().all(|row| row.get().starts_with('{')) {
        return Ok(rows.iter().map(|row| row.get().to_owned()).collect());
    }
    let lists: serde_json::Result<Vec<Vec<&RawValue>>> =
        rows.iter().map(|row| serde_json::from_str::<Vec<&RawValue>>(row.get())).collect();
    let lists = lists.map_err(|_| {
        ScoringRefusal::unreadable(
            "rows must all be objects of inputs by name, or all lists of values in the order of the features",
        )
    })?;
    let names: Vec<String> = model.schema.features().iter().map(|feature| feature.name.clone()).collect();
    objects(&names, &lists, limits)
}

/// Rows of an object whose members are lists of values, all of one length, or single values.
fn rows_of_columns(inputs: &str, limits: RowLimits) -> Result<Vec<String>, ScoringRefusal> {
    let JsonMembers(members) = serde_json::from_str(inputs).map_err(|error| unreadable_inputs(&error))?;
    let mut columns: Vec<Vec<&RawValue>> = Vec::with_capacity(members.len());
    for (_, value) in &members {
        columns.push(if value.get().starts_with('[') {
            serde_json::from_str(value.get()).map_err(|error| unreadable_inputs(&error))?
        } else {
            vec![*value]
        });
    }
    let rows = columns.first().map_or(0, Vec::len);
    if columns.iter().any(|column| column.len() != rows) {
        return Err(ScoringRefusal::unreadable("the columns in `inputs` have different lengths"));
    }
    let names: Vec<String> = members.into_iter().map(|(name, _)| name).collect();
    let rows: Vec<Vec<&RawValue>> =
        (0..rows).map(|row| columns.iter().filter_map(|column| column.get(row).copied()).collect()).collect();
    objects(&names, &rows, limits)
}

/// Rows of CSV with a line of names. Cells are texts, which are read as numbers where the model wants them; an empty cell is
/// missing.
fn rows_of_csv(AdmittedBody { bytes, limits, .. }: &AdmittedBody) -> Result<Vec<String>, ScoringRefusal> {
    let unreadable = |error: csv::Error| ScoringRefusal::unreadable(format!("the CSV cannot be read: {error}"));
    let mut reader = csv::Reader::from_reader(bytes.as_ref());
    let names: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(ToOwned::to_owned).collect();
    let length: usize = names.iter().map(String::len).sum();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        limits.check(rows.len() + 1, length)?;
        let value = |cell: &str| if cell.is_empty() { Value::Null } else { Value::from(cell) };
        let values: Vec<String> = record.iter().map(|cell| value(cell).to_string()).collect();
        rows.push(json_object(names.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str()))));
    }
    Ok(rows)
}
