//! Short messages at the edge of the screen.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::{Glyph, Icon, called};
use crate::app::{Model, Said, Toast};

/// How long a message stays: long enough to be read twice.
const STAYS: Duration = Duration::from_secs(7);

/// The messages.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let toasts = expect_context::<Model>().toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite" aria-atomic="false">
            <For each=move || toasts.shown().get() key=|toast| toast.id let:toast>
                <Message toast/>
            </For>
        </div>
    }
}

#[component]
fn Message(toast: Toast) -> impl IntoView {
    let model = expect_context::<Model>();
    let id = toast.id;
    let trouble = matches!(toast.said, Said::Trouble(_));
    let stays = if trouble { STAYS * 2 } else { STAYS };
    // Nothing goes away under a hand that moves, or while its button has the focus. A pointer that
    // happens to rest where it appeared holds nothing.
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let hold = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let go_on = move || {
        hold();
        timer.set_value(set_timeout_with_handle(move || model.toasts().dismiss(id), stays).ok());
    };
    go_on();
    on_cleanup(hold);
    let icon = if trouble { Icon::Alert } else { Icon::Check };
    let text = move || words(model, &toast.said);
    view! {
        <div
            class="toast"
            class:toast-trouble=trouble
            on:pointermove=move |_| hold()
            on:pointerleave=move |_| go_on()
            on:focusin=move |_| hold()
            on:focusout=move |_| go_on()
        >
            <Glyph icon/>
            <p>{text}</p>
            <button class="quiet round" type="button" aria-label="Dismiss" on:click=move |_| model.toasts().dismiss(id)>
                <Glyph icon=Icon::Close/>
            </button>
        </div>
    }
}

fn words(model: Model, said: &Said) -> String {
    match said {
        Said::Followed { mutual, synod } => {
            let name = model.with_view(|view| called(view, synod)).unwrap_or_default();
            // Isolated, as <bdi> would: the name may run the other way.
            if *mutual {
                format!("You and \u{2068}{name}\u{2069} follow each other now.")
            } else {
                format!("\u{2068}{name}\u{2069} follows you now.")
            }
        }
        Said::Helps { synod } => {
            let name = model.with_view(|view| called(view, synod)).unwrap_or_default();
            format!(
                "You help \u{2068}{name}\u{2069} to come back, should they lose their devices. See You › Backup and recovery."
            )
        }
        Said::Note(text) | Said::Trouble(text) => text.clone(),
    }
}
