//! The protocols of the endpoints: under which name a request is logged and counted, and in whose words it is refused.

use std::time::Instant as Monotonic;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Map, Value, json};

use super::answer::json_response;
use crate::serve::{refusal::ScoringRefusal, service::ScoringService};

/// The protocol of an endpoint that scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum EndpointProtocol {
    Predict,
    Invocations,
    /// The first protocol of `KServe`.
    Instances,
    /// The open inference protocol.
    Infer,
}

impl EndpointProtocol {
    /// The protocol of the endpoint with this path; `None` if the endpoint does not score.
    pub(in crate::serve) fn of(path: &str) -> Option<Self> {
        match path {
            "/predict" => Some(Self::Predict),
            "/invocations" => Some(Self::Invocations),
            _ if path.starts_with("/v1/models/") => Some(Self::Instances),
            _ if path.starts_with("/v2/models/") && path.ends_with("/infer") => Some(Self::Infer),
            _ => None,
        }
    }

    /// The name in records and metrics.
    pub(in crate::serve) fn endpoint(self) -> &'static str {
        match self {
            Self::Predict => "/predict",
            Self::Invocations => "/invocations",
            Self::Instances => "/v1/models/:predict",
            Self::Infer => "/v2/models/infer",
        }
    }

    /// The refusal with the status and code that the protocol has for it.
    fn translated(self, mut refusal: ScoringRefusal) -> ScoringRefusal {
        // MLflow answers 400 in this case.
        if self == Self::Invocations && refusal.status == StatusCode::UNPROCESSABLE_ENTITY {
            (refusal.status, refusal.code) = (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE");
        }
        refusal
    }

    fn body(self, refusal: &ScoringRefusal, id: &str) -> Value {
        match self {
            Self::Predict => {
                let mut error = Map::from_iter([("code".to_owned(), json!(refusal.code))]);
                error.insert("message".to_owned(), json!(refusal.message));
                error.extend(refusal.details.clone());
                json!({"error": error, "request_id": id})
            }
            Self::Invocations => json!({"error_code": refusal.code, "message": refusal.message, "request_id": id}),
            Self::Instances | Self::Infer => json!({"error": refusal.message}),
        }
    }

    /// Logs and counts a request that was refused, and writes its answer.
    pub(in crate::serve) async fn refuse(
        self,
        service: &ScoringService,
        (id, started): (&str, Monotonic),
        refusal: ScoringRefusal,
    ) -> Response {
        let refusal = self.translated(refusal);
        service.log_refusal((self.endpoint(), id, started), &refusal).await;
        service.metrics.observe(self.endpoint(), refusal.status.as_u16(), started.elapsed());
        refused(&refusal, &self.body(&refusal, id))
    }

    /// The answer to a request that was scored, or not.
    pub(super) async fn finish(
        self,
        service: &ScoringService,
        (id, started): (&str, Monotonic),
        answer: Result<Value, ScoringRefusal>,
    ) -> Response {
        match answer {
            Ok(body) => {
                service.metrics.observe(self.endpoint(), StatusCode::OK.as_u16(), started.elapsed());
                json_response(StatusCode::OK, &body)
            }
            Err(refusal) => self.refuse(service, (id, started), refusal).await,
        }
    }
}

/// The answer of an endpoint that does not score.
pub(in crate::serve) fn plainly_refused(path: &str, refusal: &ScoringRefusal) -> Response {
    let is_of_protocol = path.starts_with("/v1/") || path.starts_with("/v2/");
    let body = if is_of_protocol {
        json!({"error": refusal.message})
    } else {
        json!({"error": {"code": refusal.code, "message": refusal.message}})
    };
    refused(refusal, &body)
}

/// The response to a refused request.
pub(super) fn refused(refusal: &ScoringRefusal, body: &Value) -> Response {
    let mut response = json_response(refusal.status, body);
    if refusal.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        let realm = HeaderValue::from_static("Bearer realm=\"vigie\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
    }
    response
}
