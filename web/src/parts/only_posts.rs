//! What stands where a button would be that cannot work on a device which may only post.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::app::Model;

/// Shows what only a device can do that may manage the account; on one that may only post, a sentence.
#[component]
pub(crate) fn Managed(
    /// What is done elsewhere, as a sentence begins: "Change your profile".
    what: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let only_posts = expect_context::<Model>().only_posts();
    let children = StoredValue::new(children);
    view! {
        <Show when=move || !only_posts.get() fallback=move || view! {
            <div class="notice" role="note" data-notice="only-posts">
                <Glyph icon=Icon::Info/>
                <p>"This device may only post. "{what}" on a device that may manage your account."</p>
            </div>
        }>
            {children.with_value(|children| children())}
        </Show>
    }
}
