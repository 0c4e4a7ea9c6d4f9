//! The view for writing a post.

use leptos::prelude::*;

use crate::app::Model;
use crate::browser::page;
use crate::parts::{Composer, Purpose, Screen};

/// Writes a post, and shows it at Home.
#[component]
pub(crate) fn Compose() -> impl IntoView {
    let model = expect_context::<Model>();
    let done = Callback::new(move |()| {
        model.toasts().note(Purpose::Post.sent());
        // In place of the form, so that "Back" does not lead to an empty one.
        page::replace("#/");
    });
    let out = model.out();
    view! {
        <Screen title="New post" back="#/">
            // Why nothing can be written stands above.
            <Show when=move || out.get().is_none()>
                <Composer purpose=Purpose::Post focused=true done/>
            </Show>
        </Screen>
    }
}
