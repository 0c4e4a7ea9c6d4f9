//! Somebody in a list.

use effigy_core::Identity;
use leptos::prelude::*;

use super::{Avatar, Name, ShortKey};
use crate::app::route;

/// A line that leads to somebody's page.
#[component]
pub(crate) fn PersonRow(
    synod: Identity,
    /// What this person is to them.
    #[prop(into)]
    note: Signal<String>,
) -> impl IntoView {
    view! {
        <a class="row" href=route::person(&synod)>
            <Avatar synod/>
            <span class="row-words">
                <span class="row-title"><Name synod/></span>
                <span class="row-note">{note}" · "<ShortKey synod/></span>
            </span>
        </a>
    }
}
