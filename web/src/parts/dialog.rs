//! Dialogs: the browser's own, so that focus, Escape and what lies behind are taken care of.

use leptos::html;
use leptos::prelude::*;

use super::{Glyph, Icon};

/// A dialog. Its content exists only while it is open.
#[component]
pub(crate) fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Another class beside `dialog`.
    #[prop(optional)]
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = node.get() else { return };
        if open.get() == dialog.open() {
            return;
        }
        if open.get_untracked() {
            // Fails only when it is open already.
            dialog.show_modal().unwrap_or_default();
        } else {
            dialog.close();
        }
    });
    let on_backdrop = move |event: web_sys::MouseEvent| {
        // The dialog fills itself with its content; what hits the element itself hit the backdrop.
        let hit = event.target().zip(node.get_untracked().map(|node| (*node).clone().into()));
        if hit.is_some_and(|(target, dialog): (web_sys::EventTarget, web_sys::EventTarget)| {
            target == dialog
        }) {
            open.set(false);
        }
    };
    view! {
        <dialog node_ref=node class=format!("dialog {class}") aria-label=title on:close=move |_| open.set(false) on:click=on_backdrop>
            <Show when=move || open.get()>
                <div class="dialog-body">
                    <header class="dialog-head">
                        <h2>{title}</h2>
                        <button class="quiet round" type="button" aria-label="Close" on:click=move |_| open.set(false)>
                            <Glyph icon=Icon::Close/>
                        </button>
                    </header>
                    {children()}
                </div>
            </Show>
        </dialog>
    }
}

/// Asks before something that is hard to take back.
#[component]
pub(crate) fn Question(
    /// Whether it is asked.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: Signal<String>,
    /// What the button says that does it.
    yes: &'static str,
    /// Does it.
    #[prop(into)]
    act: Callback<()>,
    /// What happens then.
    children: ChildrenFn,
) -> impl IntoView {
    let agree = move |_| {
        open.set(false);
        act.run(());
    };
    view! {
        <Dialog open title>
            {children()}
            <div class="actions">
                <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button danger" type="button" on:click=agree>{yes}</button>
            </div>
        </Dialog>
    }
}
