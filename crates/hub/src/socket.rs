//! `/ws`: who may open a WebSocket, and handing it to the node.

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Error;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{HOST, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use effigy_core::limits::MESSAGE_BYTES;
use effigy_net_native::{Broken, Guest, Incoming, Outgoing, Socket};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::OwnedSemaphorePermit;
use tracing::debug;

use crate::app::App;
use crate::config::Origin;
use crate::listen::Caller;
use crate::metrics::Metrics;
use crate::policy::{Doors, Refusal};
use crate::serve::sentence;

/// Somebody with a WebSocket.
struct Visitor {
    /// Keeps the connection counted.
    caller: Caller,
    doors: Arc<Doors>,
    metrics: Arc<Metrics>,
    /// Held until they prove who they are.
    stranger: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Guest for Visitor {
    fn proved(&self) {
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn misbehaved(&self) {
        self.metrics.offences.add(1);
        self.doors.offend(self.caller.address);
    }
}

/// Opens a WebSocket for whoever may have one.
pub(crate) async fn upgrade(State(app): State<Arc<App>>, request: Request) -> Response {
    let (mut request, _unread) = request.into_parts();
    let Some(caller) = request.extensions.get::<Caller>().cloned() else {
        return sentence(StatusCode::INTERNAL_SERVER_ERROR, "The caller is not known.\n");
    };
    let (origin, stranger) = match admit(&app, &caller, &request.headers) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            app.metrics.refuse(refusal);
            debug!(code = refusal.code(), "WebSocket refused");
            return refused(refusal, app.doors.banned_for(caller.address));
        }
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut request, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let visitor = Visitor {
        caller,
        doors: Arc::clone(&app.doors),
        metrics: Arc::clone(&app.metrics),
        stranger: Mutex::new(Some(stranger)),
    };
    let gate = app.gate.clone();
    upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .on_upgrade(async move |socket| gate.host(adapt(socket), origin, visitor).await)
}

/// Looks whether somebody may have a WebSocket. Gives the origin to which they dialled, as they
/// spell it when they prove who they are.
fn admit(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<(String, OwnedSemaphorePermit), Refusal> {
    if app.doors.banned_for(caller.address).is_some() {
        return Err(Refusal::Banned);
    }
    let page = page_of(headers)?;
    // People of different hubs meet: an app from anywhere may connect, unless the operator says which.
    // There are no cookies to steal, and every session proves its own keys for this origin.
    let is_welcome = |page: &str| {
        app.app_origins.is_empty()
            || app.origins.iter().chain(&app.app_origins).any(|origin| origin.to_string() == page)
    };
    if !page.is_none_or(is_welcome) {
        return Err(Refusal::Foreign);
    }
    let origin = dialled(&app.origins, headers, page).ok_or(Refusal::Misdirected)?;
    let stranger =
        Arc::clone(&app.strangers).try_acquire_owned().map_err(|_| Refusal::Strangers)?;
    Ok((origin.to_string(), stranger))
}

/// The origin of the page that connects; none for programs that are no browsers.
fn page_of(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut pages = headers.get_all(ORIGIN).iter();
    match (pages.next(), pages.next()) {
        (None, _) => Ok(None),
        (Some(page), None) => page.to_str().map(Some).map_err(|_| Refusal::Foreign),
        (Some(_), Some(_)) => Err(Refusal::Foreign),
    }
}

/// Which of our origins was dialled. The request names host and port only; where two origins share
/// them, it is the page's own, else the secure one.
fn dialled<'a>(
    origins: &'a [Origin],
    headers: &HeaderMap,
    page: Option<&str>,
) -> Option<&'a Origin> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let host = host.to_str().ok()?;
    let fitting = || origins.iter().filter(|origin| origin.is_host(host));
    fitting()
        .find(|origin| page.is_some_and(|page| origin.to_string() == page))
        .or_else(|| fitting().find(|origin| origin.is_secure()))
        .or_else(|| fitting().next())
}

fn refused(refusal: Refusal, wait: Option<Duration>) -> Response {
    let (status, words) = match refusal {
        Refusal::Banned => {
            (StatusCode::TOO_MANY_REQUESTS, "Rules were broken from your network. Wait.\n")
        }
        Refusal::Crowded | Refusal::Full | Refusal::Strangers => {
            (StatusCode::SERVICE_UNAVAILABLE, "The hub is full. Try again in a moment.\n")
        }
        Refusal::Foreign => {
            (StatusCode::FORBIDDEN, "Apps of that origin may not connect here (--app-origin).\n")
        }
        Refusal::Misdirected => {
            (StatusCode::MISDIRECTED_REQUEST, "The hub has another name (--origin).\n")
        }
    };
    let mut response = sentence(status, words);
    if let Some(wait) = wait {
        let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// A socket of axum as the node's connections want it.
fn adapt(socket: WebSocket) -> impl Socket {
    socket
        .map(|message| message.map(incoming).map_err(broken))
        .sink_map_err(broken)
        .with(|outgoing| -> Ready<Result<Message, Broken>> { ready(Ok(message(outgoing))) })
}

fn incoming(message: Message) -> Incoming {
    match message {
        Message::Binary(bytes) => Incoming::Binary(bytes),
        Message::Close(_) => Incoming::Closed,
        Message::Ping(_) | Message::Pong(_) => Incoming::Alive,
        Message::Text(text) => Incoming::Text(text.as_str().to_owned()),
    }
}

fn message(outgoing: Outgoing) -> Message {
    match outgoing {
        Outgoing::Binary(bytes) => Message::Binary(bytes.into()),
        Outgoing::Close(reason) => {
            Message::Close(Some(CloseFrame { code: reason.code(), reason: reason.words().into() }))
        }
        Outgoing::Ping => Message::Ping(axum::body::Bytes::new()),
        Outgoing::Text(text) => Message::Text(text.into()),
    }
}

fn broken(error: Error) -> Broken {
    Broken::of(&*error.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialled_origin_is_one_of_ours() {
        let origins: Vec<Origin> = ["http://hub.example", "https://hub.example", "http://[::1]:8"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let check = |host: &'static str, page: Option<&str>, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            let found = dialled(&origins, &headers, page).map(Origin::to_string);
            assert_eq!(found.as_deref(), expected, "{host} {page:?}");
        };
        check("hub.example", None, Some("https://hub.example"));
        check("HUB.example:443", None, Some("https://hub.example"));
        check("hub.example", Some("http://hub.example"), Some("http://hub.example"));
        check("hub.example:80", None, Some("http://hub.example"));
        check("[::1]:8", Some("https://app.example"), Some("http://[::1]:8"));
        check("evil.example", None, None);
        let mut twice = HeaderMap::new();
        twice.append(HOST, HeaderValue::from_static("hub.example"));
        twice.append(HOST, HeaderValue::from_static("hub.example"));
        assert!(dialled(&origins, &twice, None).is_none());
    }
}
