//! `/ws`: who may open a WebSocket, and handing it to the node.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CONNECTION, HOST, HeaderName, ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use effigy_core::Identity;
use effigy_net_native::{Frames, Gate, Guest, accept_key};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::app::App;
use crate::config::Origin;
use crate::listen::{Caller, Wire};
use crate::policy::Refusal;
use crate::serve::sentence;

/// Bytes of the key of a handshake.
const NONCE_BYTES: usize = 16;

/// Somebody with a WebSocket.
struct Visitor {
    app: Arc<App>,
    /// Keeps the connection counted.
    caller: Caller,
    /// Held until they prove who they are.
    stranger: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Guest for Visitor {
    fn charge(&self, _n_messages: u32) -> Duration {
        Duration::ZERO
    }

    fn may_guess(&self) -> bool {
        self.app.doors.may_guess(self.caller.address)
    }

    fn misbehaved(&self) {
        self.app.metrics.offences.add(1);
        self.app.doors.offend(self.caller.address);
    }

    fn proved(&self, _identity: Identity) -> bool {
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = None;
        true
    }
}

/// Opens a WebSocket for whoever may have one.
pub(crate) async fn upgrade(State(app): State<Arc<App>>, mut request: Request) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return sentence(StatusCode::INTERNAL_SERVER_ERROR, "The caller is not known.\n");
    };
    let (origin, stranger) = match admit(&app, &caller, request.headers()) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            app.metrics.refuse(refusal);
            debug!(code = refusal.code(), "WebSocket refused");
            return refused(refusal, app.doors.banned_for(caller.address));
        }
    };
    let Some(accept) = answer(request.headers()) else {
        return sentence(StatusCode::BAD_REQUEST, "Only WebSockets are opened here.\n");
    };
    let upgrading = hyper::upgrade::on(&mut request);
    let gate = app.gate.clone();
    let visitor = Visitor { app, caller, stranger: Mutex::new(Some(stranger)) };
    tokio::spawn(async move {
        match upgrading.await {
            Ok(upgraded) => host(upgraded, &gate, origin, visitor),
            Err(error) => debug!(%error, "no WebSocket came about"),
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// The answer to a handshake; `None` where the request is none (RFC 6455, 4.2.1).
fn answer(headers: &HeaderMap) -> Option<HeaderValue> {
    let says = |name: HeaderName, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    };
    let is_handshake = says(CONNECTION, "upgrade")
        && says(UPGRADE, "websocket")
        && says(SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| is_handshake)?;
    let is_key = BASE64.decode(key.as_bytes()).is_ok_and(|nonce| nonce.len() == NONCE_BYTES);
    is_key.then(|| HeaderValue::from_str(&accept_key(key.as_bytes())).ok())?
}

/// Hands the stream over to the node, in a task that is no larger than this kind of stream needs.
fn host(upgraded: Upgraded, gate: &Gate, origin: String, visitor: Visitor) {
    let gate = gate.clone();
    match upgraded.downcast::<TokioIo<Wire>>() {
        Ok(parts) => {
            let frames = Frames::new(parts.io.into_inner(), &parts.read_buf);
            tokio::spawn(gate.host(frames, origin, visitor));
        }
        Err(upgraded) => {
            if let Ok(parts) = upgraded.downcast::<TokioIo<TlsStream<Wire>>>() {
                let frames = Frames::new(parts.io.into_inner(), &parts.read_buf);
                tokio::spawn(gate.host(frames, origin, visitor));
            }
        }
    }
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
