//! Pictures that two people compare, with their names.

use effigy_core::link::Emoji;
use leptos::prelude::*;

/// The pictures in their order.
#[component]
pub(crate) fn EmojiRow(pictures: Vec<Emoji>) -> impl IntoView {
    let names: Vec<&str> = pictures.iter().map(|emoji| emoji.name).collect();
    let names = names.join(" ");
    view! {
        <ol class="emoji-row" data-emoji=names>
            {pictures.into_iter().map(|emoji| view! {
                <li><span class="emoji-sign" aria-hidden="true">{emoji.sign}</span><span class="emoji-name">{emoji.name}</span></li>
            }).collect_view()}
        </ol>
    }
}
