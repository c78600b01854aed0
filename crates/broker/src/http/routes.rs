//! What each path answers.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::Status;
use crate::metrics::Metrics;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn router(metrics: Arc<Metrics>, status: Arc<dyn Status>) -> Router {
    let (ready, version) = (Arc::clone(&status), status);
    Router::new()
        .route("/", get(async || "jackdaw: /metrics /healthz /readyz /version\n"))
        .route("/metrics", get(async move || scrape(&metrics)))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async move || readiness(ready.as_ref())))
        .route("/version", get(async move || facts(version.as_ref())))
}

fn scrape(metrics: &Arc<Metrics>) -> Response {
    match metrics.to_text() {
        Ok(text) => with_type(StatusCode::OK, OPEN_METRICS, text),
        Err(_) => {
            let problem = "a collector failed\n".to_owned();
            with_type(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", problem)
        }
    }
}

fn readiness(status: &dyn Status) -> Response {
    let reasons: Vec<Value> = status
        .not_ready()
        .into_iter()
        .map(|not_ready| json!({ "part": not_ready.part, "reason": not_ready.reason }))
        .collect();
    let is_ready = reasons.is_empty();
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    as_json(code, &json!({ "ready": is_ready, "reasons": reasons }))
}

fn facts(status: &dyn Status) -> Response {
    let facts: Map<String, Value> =
        status.version().into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    as_json(StatusCode::OK, &Value::Object(facts))
}

fn as_json(code: StatusCode, value: &Value) -> Response {
    with_type(code, "application/json", format!("{value}\n"))
}

fn with_type(code: StatusCode, content_type: &'static str, body: String) -> Response {
    let headers: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, content_type)];
    (code, headers, body).into_response()
}
