//! The files of the app: found, negotiated, and answered with what browsers need to keep them.

mod assets;
mod encoding;
#[cfg(test)]
mod tests;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HOST,
    IF_NONE_MATCH, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

pub(crate) use assets::{Assets, AssetsError};

use crate::config::Origin;
use assets::Asset;

/// Paths that show the app itself. Its screens live behind `#`, which never reaches a server, so
/// everything else that is no file is an error and is said to be one.
const APP_PATHS: [&str; 2] = ["/", "/index.html"];
const PLAIN: &str = "text/plain; charset=utf-8";

/// Answers one request for a file.
pub(crate) async fn respond(assets: &Assets, origins: &[Origin], request: &Parts) -> Response {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = sentence(StatusCode::METHOD_NOT_ALLOWED, "Files can only be read.\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    if !is_meant_for(origins, &request.headers) {
        return misdirected(origins);
    }
    let path = request.uri.path();
    let is_app = APP_PATHS.contains(&path);
    match assets.find(if is_app { "/index.html" } else { path }).await {
        Some(asset) => file(&asset, &request.headers),
        None if is_app => not_built(),
        None => sentence(StatusCode::NOT_FOUND, "There is no such file.\n"),
    }
}

/// Whether the request names one of our origins. Another name means that the app could not connect
/// (its `Origin` would be refused), or that a page elsewhere points its own name at us.
fn is_meant_for(origins: &[Origin], headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    host.to_str().is_ok_and(|host| origins.iter().any(|origin| origin.is_host(host)))
}

fn file(asset: &Asset, headers: &HeaderMap) -> Response {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let encoding = asset.best(accepted.unwrap_or_default());
    let tag = asset.tag(encoding);
    let is_known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|tags| encoding::lists_tag(tags, &tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(asset.bytes(encoding)))
    };
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type()));
        if let Some(name) = encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(asset.cache_control()));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn misdirected(origins: &[Origin]) -> Response {
    let names: String = origins.iter().map(|origin| format!("  {origin}/\n")).collect();
    let words = format!(
        "This hub is not reached under this name, and the app could not connect to it.\n\n\
         It answers under:\n{names}\n\
         Its operator can add a name with --origin, for example --origin https://hub.example\n"
    );
    sentence(StatusCode::MISDIRECTED_REQUEST, words)
}

fn not_built() -> Response {
    let words = "This hub runs, but it was built without the app.\n\n\
                 In the project's folder, run:\n\n  cargo xtask start\n\n\
                 It builds the app, then a hub that carries it.\n";
    sentence(StatusCode::SERVICE_UNAVAILABLE, words)
}

/// A plain page that nothing keeps.
pub(crate) fn sentence(status: StatusCode, words: impl Into<Body>) -> Response {
    let mut response = Response::new(words.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PLAIN));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
