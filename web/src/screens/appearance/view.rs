//! The view for choosing colours.

use effigy_proto::registers;
use leptos::prelude::*;

use crate::app::{Handle, Model, agree};
use crate::browser::settings::Theme;
use crate::parts::Screen;

const CHOICES: [(Theme, &str, &str); 3] = [
    (Theme::System, "system", "As the system says"),
    (Theme::Light, "light", "Light"),
    (Theme::Dark, "dark", "Dark"),
];

/// Three choices, each shown at once.
#[component]
pub(crate) fn Appearance() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let theme = model.agreed().colours();
    view! {
        <Screen title="Appearance" back="#/you">
            <fieldset class="panel">
                <legend>"Colours"</legend>
                {CHOICES.map(|(choice, word, name)| view! {
                    <label class="check">
                        <input type="radio" name="theme" value=word prop:checked=move || theme.get() == choice on:change=move |_| agree(model, handle, registers::COLOURS, word)/>
                        {name}
                    </label>
                })}
                <p class="hint">"Your other devices follow. \u{201c}As the system says\u{201d} lets each follow its own."</p>
            </fieldset>
        </Screen>
    }
}
