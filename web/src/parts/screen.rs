//! What every screen has: a heading that names it, and a way back.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::browser::page;

/// A screen with its heading. The heading takes the focus when the person comes here.
#[component]
pub(crate) fn Screen(
    /// What the screen is called; also the title of the page.
    #[prop(into)]
    title: Signal<String>,
    /// Where "Back" leads if the app was opened right here; without it there is no "Back".
    #[prop(optional, into)]
    back: Option<String>,
    /// What stands at the end of the heading's line.
    #[prop(optional, into)]
    actions: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    Effect::new(move || page::set_title(&format!("{} · Effigy", title.get())));
    let back = back.map(|otherwise| {
        view! {
            <button class="quiet round" type="button" aria-label="Back" on:click=move |_| page::back(&otherwise)>
                <Glyph icon=Icon::Back/>
            </button>
        }
    });
    view! {
        <header class="screen-head">
            {back}
            <h1 tabindex="-1">{title}</h1>
            <div class="screen-actions">{actions.map(|actions| actions.run())}</div>
        </header>
        {children()}
    }
}
