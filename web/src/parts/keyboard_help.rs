//! Which keys do what.

use leptos::prelude::*;

use super::Dialog;
use crate::app::KeyHelp;

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
    view! {
        <Dialog open title="Keyboard">
            <dl class="keys">
                {KEYS.map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> })}
            </dl>
        </Dialog>
    }
}
