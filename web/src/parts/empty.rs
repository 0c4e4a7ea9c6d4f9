//! What stands where nothing is yet: what will appear, and one thing to do.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// An empty place.
#[component]
pub(crate) fn Empty(
    icon: Icon,
    /// What will appear here.
    #[prop(into)]
    text: Signal<String>,
    /// The thing to do, if there is one.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon"><Glyph icon/></span>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
