//! What the hub answers over HTTP, and the headers that everything wears.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use effigy_net_native::{Gate, Tally};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::debug;

use crate::config::{Config, MetricsAudience, Origin};
use crate::data::DataFolder;
use crate::listen::Caller;
use crate::metrics::{Metrics, Now};
use crate::policy::Doors;
use crate::serve::{self, Assets, sentence};
use crate::shelf::ShelfState;
use crate::socket;

/// Nothing but our own files may run, be shown or be framed. `connect-src` is open to every hub,
/// because people choose theirs; WebAssembly needs its own word.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      img-src 'self' blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; \
                      worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-src 'none'; frame-ancestors 'none'; \
                      object-src 'none'; require-trusted-types-for 'script'; \
                      trusted-types effigy-boot default";
/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(self)"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];
const A_YEAR: &str = "max-age=31536000";
/// A log line is no place for a page of somebody's text.
const MAX_LOGGED_PATH: usize = 96;

/// What the routes share.
pub(crate) struct App {
    /// Whose apps may connect, beside our own.
    pub(crate) app_origins: Vec<Origin>,
    pub(crate) assets: Assets,
    pub(crate) data: Arc<DataFolder>,
    pub(crate) doors: Arc<Doors>,
    /// The entrance to the node.
    pub(crate) gate: Gate,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) metrics_audience: MetricsAudience,
    pub(crate) origins: Vec<Origin>,
    pub(crate) shelf: Arc<ShelfState>,
    pub(crate) started: Instant,
    /// Places for those who have not proved yet who they are.
    pub(crate) strangers: Arc<Semaphore>,
    pub(crate) tally: Arc<Tally>,
    /// Whether browsers are told to come back by HTTPS only.
    pub(crate) is_strict: bool,
}

/// The routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/ws", get(socket::upgrade))
        .fallback(file)
        .layer(from_fn_with_state(Arc::clone(&app), dress))
        .with_state(app)
}

/// Whether to send `Strict-Transport-Security`: with TLS of our own under a name of the wide world.
/// On `localhost` it would lock up every other program that is developed on the same machine.
pub(crate) fn is_strict(config: &Config, origins: &[Origin]) -> bool {
    config.is_tls() && origins.iter().any(|origin| origin.is_secure() && !origin.is_local())
}

async fn file(State(app): State<Arc<App>>, request: Request) -> Response {
    let (request, _unread) = request.into_parts();
    serve::respond(&app.assets, &app.origins, &request).await
}

async fn health(State(app): State<Arc<App>>) -> Response {
    let is_ok = app.is_store_ok().await;
    let words = |is_ok: bool| if is_ok { "ok" } else { "failing" };
    let store = if app.shelf.is_full() { "full" } else { words(is_ok) };
    let status = if is_ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": words(is_ok),
        "store": store,
        "uptime": app.uptime().as_secs(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    page(status, "application/json", body.to_string())
}

async fn metrics(State(app): State<Arc<App>>, request: Request) -> Response {
    let is_local = request
        .extensions()
        .get::<Caller>()
        .is_some_and(|caller| caller.address.is_loopback() && !caller.is_proxied);
    let is_invited = match app.metrics_audience {
        MetricsAudience::Local => is_local,
        MetricsAudience::Nobody => false,
        MetricsAudience::Open => true,
    };
    if !is_invited {
        return sentence(StatusCode::NOT_FOUND, "There is no such file.\n");
    }
    let now = Now {
        n_open: app.doors.n_open(),
        shelf: &app.shelf,
        store_ok: app.is_store_ok().await,
        tally: &app.tally,
        uptime: app.uptime().as_secs(),
    };
    page(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", app.metrics.render(&now))
}

impl App {
    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    async fn is_store_ok(&self) -> bool {
        if !self.shelf.is_ok() {
            return false;
        }
        let data = Arc::clone(&self.data);
        // A disk that is ill can be very slow.
        tokio::task::spawn_blocking(move || data.is_writable(Instant::now())).await.unwrap_or(false)
    }
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response {
    let mut response = sentence(status, text);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Puts the headers on every answer, and counts and notes it.
async fn dress(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(MAX_LOGGED_PATH).collect();
    let started = Instant::now();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.is_strict {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(A_YEAR));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let status = response.status().as_u16();
    app.metrics.respond(status);
    let micros = started.elapsed().as_micros();
    debug!(%method, path, status, micros, "answered");
    response
}
