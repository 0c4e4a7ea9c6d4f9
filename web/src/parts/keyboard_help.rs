//! Which keys do what.

use effigy_proto::registers;
use leptos::prelude::*;

use super::Dialog;
use crate::app::{Handle, KeyHelp, Model, agree};

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
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let letters = model.agreed().letter_keys();
    let switch = move |_| {
        let value = if letters.get_untracked() { "off" } else { "on" };
        agree(model, handle, registers::LETTER_KEYS, value);
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
            <p class="hint">"Switch this off if you speak to your device or press keys by accident. Your other devices follow."</p>
        </Dialog>
    }
}
