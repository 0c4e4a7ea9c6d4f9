//! One thin line that says how current everything is.

mod state;

use effigy_core::Identity;
use leptos::prelude::*;

use super::called;
use crate::app::Model;
pub(crate) use state::Standing;

/// The line. Announced politely when it changes.
#[component]
pub(crate) fn StatusLine() -> impl IntoView {
    let model = expect_context::<Model>();
    let standing = Memo::new(move |_| model.network().with(Standing::of));
    let words = Memo::new(move |_| {
        let name =
            |synod: &Identity| model.with_view(|view| called(view, synod)).unwrap_or_default();
        standing.get().words(name)
    });
    let class = move || match standing.get() {
        Standing::Current => "status-line status-current",
        Standing::Offline { .. } => "status-line status-offline",
        _ => "status-line status-busy",
    };
    view! {
        <a class=class href="#/you/network" title="How the network is doing">
            <span class="status-dot" aria-hidden="true"></span>
            <span role="status" aria-live="polite">{words}</span>
        </a>
    }
}
