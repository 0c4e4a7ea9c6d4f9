//! Which keys do what.

use leptos::prelude::*;

use super::Dialog;
use crate::app::KeyHelp;
use crate::browser::settings;

const KEYS: [(&str, &str); 5] = [
    ("j", "Next post"),
    ("k", "Previous post"),
    ("n", "Write a post"),
    ("r", "Reply to the post that has the focus"),
    ("?", "This list"),
];

/// The list of keys, opened by `?`.
#[component]
pub(crate) fn KeyboardHelp() -> impl IntoView {
    let open = expect_context::<KeyHelp>().0;
    let letters = RwSignal::new(settings::has_letter_keys());
    let switch = move |_| {
        letters.update(|on| *on = !*on);
        settings::choose_letter_keys(letters.get_untracked());
    };
    view! {
        <Dialog open title="Keyboard">
            <dl class="keys">
                {KEYS.map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> })}
            </dl>
            <label class="check">
                <input type="checkbox" prop:checked=move || letters.get() on:change=switch/>
                "Single letters do something"
            </label>
            <p class="hint">"Switch this off if you speak to your device or press keys by accident. This is kept in this browser only."</p>
        </Dialog>
    }
}
