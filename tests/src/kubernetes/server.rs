//! HTTP, and which answer belongs to which request.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::LocalSet};

use super::state::{Answer, State, status};

/// Serves until it is told to stop.
pub(super) fn run(
    listener: TcpListener,
    state: &Arc<Mutex<State>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async {
        listener.set_nonblocking(true).expect("a socket can be asked");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
        loop {
            let stream = tokio::select! {
                _ = &mut stopped => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(_) => continue,
                },
            };
            let state = Arc::clone(state);
            tokio::task::spawn_local(async move {
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                // A client that hangs up is no concern of ours.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let query: Vec<_> = uri.query().unwrap_or_default().split('&').filter_map(parameter).collect();
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let (code, value) = match state.before(&format!("{method} {uri}")) {
        Some(Answer::HangUp) => return Err(io::Error::other("as it was told to")),
        Some(Answer::Is(code, value)) => (code, value),
        None => route(&mut state, &method, uri.path(), &query, &body),
    };
    let text = Bytes::from(value.to_string());
    let response = Response::builder().status(code).header("content-type", "application/json");
    response.body(Full::new(text)).map_err(io::Error::other)
}

fn parameter(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    // All that is encoded in what cloudup asks for.
    Some((key.to_owned(), value.replace("%3D", "=")))
}

fn route(
    state: &mut State,
    method: &Method,
    path: &str,
    query: &[(String, String)],
    body: &Value,
) -> (u16, Value) {
    let segments: Vec<_> = path.trim_start_matches("/api/v1/").split('/').collect();
    let parameter =
        |key: &str| query.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str());
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["nodes"]) => {
            let nodes = state.nodes();
            list("NodeList", &nodes, &parameter)
        }
        ("GET", ["nodes", name]) => state.node(name),
        ("PATCH", ["nodes", name]) => state.patch_node(name, body),
        ("DELETE", ["nodes", name]) => state.delete_node(name),
        ("GET", ["pods"]) => {
            let node = parameter("fieldSelector").and_then(|it| it.strip_prefix("spec.nodeName="));
            let pods = state.pods(|pod| node.is_none_or(|node| pod["spec"]["nodeName"] == node));
            list("PodList", &pods, &parameter)
        }
        ("GET", ["namespaces", namespace, "pods"]) => {
            let pods = state.pods(|pod| pod["metadata"]["namespace"] == *namespace);
            list("PodList", &pods, &parameter)
        }
        ("POST", ["namespaces", namespace, "pods", name, "eviction"]) => {
            state.evict(namespace, name, body)
        }
        _ => status(404, "NotFound", "the server could not find the requested resource"),
    }
}

/// The part of a list that is asked for.
fn list<'q>(
    kind: &str,
    items: &[Value],
    parameter: &dyn Fn(&str) -> Option<&'q str>,
) -> (u16, Value) {
    let number = |key: &str| parameter(key).and_then(|text| text.parse().ok());
    let (start, limit): (usize, usize) =
        (number("continue").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let part: Vec<_> = items.iter().skip(start).take(limit).collect();
    let end = start + part.len();
    let next = if end < items.len() { end.to_string() } else { String::new() };
    let metadata = json!({ "resourceVersion": "1", "continue": next });
    (200, json!({ "kind": kind, "apiVersion": "v1", "metadata": metadata, "items": part }))
}
