//! Takes the body of a request on, or refuses it in the words of its endpoint.

use std::{sync::Arc, time::Instant as Monotonic};

use axum::{
    extract::{FromRequest, Request},
    response::Response,
};

use super::protocol::EndpointProtocol;
use crate::serve::{admission::AdmittedBody, request_id::RequestId, service::ScoringService};

impl FromRequest<Arc<ScoringService>> for AdmittedBody {
    type Rejection = Response;

    async fn from_request(request: Request, service: &Arc<ScoringService>) -> Result<Self, Response> {
        let started = Monotonic::now();
        let id = request.extensions().get::<RequestId>().cloned();
        let protocol = EndpointProtocol::of(request.uri().path()).unwrap_or(EndpointProtocol::Predict);
        match service.admission.admit(request).await {
            Ok(body) => Ok(body),
            Err(refusal) => {
                let id = id.as_ref().map_or("", |id| &id.0);
                Err(protocol.refuse(service, (id, started), refusal).await)
            }
        }
    }
}
