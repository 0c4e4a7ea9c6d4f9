//! A text to be taken along.

use std::time::Duration;

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::app::{Model, task};
use crate::browser::clipboard;

/// A text with a button that copies it.
#[component]
pub(crate) fn CopyField(
    /// What the text is.
    label: &'static str,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let text = text.get_untracked();
        task::run(async move {
            if clipboard::copy(&text).await {
                copied.try_set(true);
                let settle = move || {
                    copied.try_set(false);
                };
                set_timeout(settle, Duration::from_secs(3));
            } else {
                model.toasts().trouble(
                    "The browser did not allow copying. Select the text and copy it by hand.",
                );
            }
        });
    };
    let icon = move || {
        let icon = if copied.get() { Icon::Check } else { Icon::Copy };
        view! { <Glyph icon/> }
    };
    view! {
        <div class="copy-field">
            <label>
                <span class="label">{label}</span>
                <input type="text" readonly prop:value=text on:focus=|event| select(&event)/>
            </label>
            <button class="button" type="button" aria-label=format!("Copy {}", label.to_lowercase()) on:click=copy>
                {icon}
                {move || if copied.get() { "Copied" } else { "Copy" }}
            </button>
        </div>
    }
}

fn select(event: &web_sys::FocusEvent) {
    event_target::<web_sys::HtmlInputElement>(event).select();
}
