//! The view of a place that does not exist.

use leptos::prelude::*;

use crate::parts::{Empty, Icon, Screen};

/// Nothing is here.
#[component]
pub(crate) fn Lost() -> impl IntoView {
    view! {
        <Screen title="Nothing here" back="#/">
            <Empty icon=Icon::Search text="This link leads nowhere. It may have been cut off when it was copied.">
                <a class="button primary" href="#/">"Go home"</a>
            </Empty>
        </Screen>
    }
}
