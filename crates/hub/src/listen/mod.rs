//! The accept loop. It is our own because only here can headers be given a deadline, connections
//! be counted before they cost anything, and all of them be asked to finish when the hub stops.

mod wire;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, FORWARDED, HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use crate::config::Limits;
use crate::metrics::Metrics;
use crate::policy::{Doors, Pass, Refusal};
use crate::serve::sentence;
pub(crate) use wire::Wire;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A pause after the system refused a connection, mostly for want of file handles: those who are
/// inside go on, and new callers wait in the system's queue.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// How many of those who are not let in are told why, at a time. Others are closed unread.
pub(crate) const PORCH: usize = 16;
/// How long somebody who is not let in may take to ask and to hear why.
const PORCH_TIME: Duration = Duration::from_secs(2);
/// When whoever was not let in may come again, in seconds.
const COME_AGAIN: HeaderValue = HeaderValue::from_static("5");

/// Who is calling; every request carries one in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The caller's address; behind a trusted proxy, the one the proxy names.
    pub(crate) address: IpAddr,
    /// Whether a proxy passed the request on, trusted or not.
    pub(crate) is_proxied: bool,
    /// Keeps the connection counted. What outlives the request, a WebSocket say, keeps its caller.
    _connection: Arc<Pass>,
    /// The same for somebody behind a proxy.
    _own: Option<Arc<Pass>>,
}

/// All that a connection needs; cloned for each.
#[derive(Clone)]
pub(crate) struct Lobby {
    pub(crate) doors: Arc<Doors>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    /// Places for those who are not let in and are told why: [`PORCH`] of them.
    pub(crate) porch: Arc<Semaphore>,
    pub(crate) router: Router,
    /// Becomes true when the hub stops.
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Lobby {
    /// Accepts connections until the hub stops; the port is free when this returns.
    pub(crate) async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stopped(self.stop.clone()) => return,
            };
            match accepted {
                Ok((stream, address)) => self.admit(stream, address),
                Err(error) => {
                    warn!(%error, "cannot accept connections just now");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(&self, stream: TcpStream, address: SocketAddr) {
        let address = address.ip().to_canonical();
        match self.doors.connection(address) {
            Ok(pass) => {
                self.metrics.connections.add(1);
                tokio::spawn(self.clone().connect(stream, address, Arc::new(pass)));
            }
            Err(refusal) => {
                self.metrics.refuse(refusal);
                debug!(code = refusal.code(), "connection refused");
                if let Ok(place) = Arc::clone(&self.porch).try_acquire_owned() {
                    tokio::spawn(self.clone().turn_away(stream, refusal, place));
                }
            }
        }
    }

    /// Tells somebody in a browser why they are not let in: without a word they would see a page that
    /// does not load, and look for the fault at themselves.
    async fn turn_away(self, stream: TcpStream, refusal: Refusal, _place: OwnedSemaphorePermit) {
        let wire = Wire::new(stream, PORCH_TIME, Arc::clone(&self.metrics));
        let told = async {
            match &self.tls {
                None => excuse(wire, refusal).await,
                Some(tls) => {
                    if let Ok(secure) = tls.accept(wire).await {
                        excuse(secure, refusal).await;
                    }
                }
            }
        };
        let _ = tokio::time::timeout(PORCH_TIME, told).await;
    }

    async fn connect(self, stream: TcpStream, address: IpAddr, pass: Arc<Pass>) {
        // Messages are small and somebody waits for each.
        let _ = stream.set_nodelay(true);
        let wire = Wire::new(stream, self.limits.write_timeout, Arc::clone(&self.metrics));
        let Some(tls) = &self.tls else {
            return self.serve(wire, address, pass).await;
        };
        let handshake = tls.accept(wire);
        match tokio::time::timeout(self.limits.tls_handshake_timeout, handshake).await {
            Ok(Ok(secure)) => self.serve(secure, address, pass).await,
            Ok(Err(error)) => {
                self.metrics.tls_failures.add(1);
                debug!(%error, "TLS handshake failed");
            }
            Err(_) => self.metrics.tls_failures.add(1),
        }
    }

    async fn serve<S>(self, stream: S, address: IpAddr, pass: Arc<Pass>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let stop = self.stop.clone();
        let limits = Arc::clone(&self.limits);
        let lobby = Arc::new(self);
        let service = service_fn(move |request: Request<Incoming>| {
            let (lobby, pass) = (Arc::clone(&lobby), Arc::clone(&pass));
            async move { lobby.answer(request.map(Body::new), address, pass).await }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(limits.header_bytes);
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut connection = pin!(connection);
        let finished = tokio::select! {
            finished = connection.as_mut() => finished,
            () = stopped(stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = finished {
            debug!(%error, "connection ended early");
        }
    }

    async fn answer(
        &self,
        mut request: Request<Body>,
        peer: IpAddr,
        connection: Arc<Pass>,
    ) -> Result<Response, Infallible> {
        match self.caller(peer, request.headers(), connection) {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                TowerToHyperService::new(self.router.clone()).call(request).await
            }
            Err(refusal) => {
                self.metrics.refuse(refusal);
                let words = "Too many requests from your network at once.\n";
                Ok(sentence(StatusCode::TOO_MANY_REQUESTS, words))
            }
        }
    }

    /// Finds out who is calling. A proxy is believed only when the operator trusts it; then the
    /// person behind it is counted in the proxy's place.
    fn caller(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        connection: Arc<Pass>,
    ) -> Result<Caller, Refusal> {
        let is_proxied = headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR);
        let mut caller = Caller { address: peer, is_proxied, _connection: connection, _own: None };
        if self.doors.is_trusted_proxy(peer)
            && let Some(address) = self.forwarded(headers)
        {
            caller.address = address;
            caller._own = Some(Arc::new(self.doors.proxied(address)?));
        }
        Ok(caller)
    }

    /// The last address in `X-Forwarded-For` that is not a proxy of ours: what stands before it was
    /// written by the caller and proves nothing.
    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .map(|item| item.trim().parse::<IpAddr>().ok())
            .find(|address| !address.is_some_and(|address| self.doors.is_trusted_proxy(address)))?
            .map(|address| address.to_canonical())
    }
}

/// Answers one request with the reason for which nobody is let in, and closes.
async fn excuse<S>(stream: S, refusal: Refusal)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let words = match refusal {
        Refusal::Crowded => {
            "There are too many connections from your network at once. Close some windows, or try again in a moment.\n"
        }
        _ => "The hub is full. Try again in a moment.\n",
    };
    let service = service_fn(move |_: Request<Incoming>| async move {
        let mut response = sentence(StatusCode::SERVICE_UNAVAILABLE, words);
        response.headers_mut().insert(RETRY_AFTER, COME_AGAIN);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        Ok::<_, Infallible>(response)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        debug!(%error, "whoever was not let in did not hear why");
    }
}

/// Waits until the hub stops; a hub that is gone has stopped too.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
