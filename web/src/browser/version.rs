//! What is running, as the build wrote it down.

use leptos::prelude::window;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// `version.json` of the build that this hub serves.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
pub(crate) struct Version {
    /// When its commit was made.
    #[serde(default)]
    pub(crate) built: Option<String>,
    /// The commit it was built from.
    #[serde(default)]
    pub(crate) commit: Option<String>,
    /// A name of all its files together.
    #[serde(default)]
    pub(crate) version: String,
}

/// Asks the hub. `None` without a network.
pub(crate) async fn fetch() -> Option<Version> {
    let response: Response =
        JsFuture::from(window().fetch_with_str("/version.json")).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
