//! The view for choosing colours.

use leptos::prelude::*;

use crate::browser::settings::{self, Theme};
use crate::parts::Screen;

const CHOICES: [(Theme, &str, &str); 3] = [
    (Theme::System, "system", "As the system says"),
    (Theme::Light, "light", "Light"),
    (Theme::Dark, "dark", "Dark"),
];

/// Three choices, each shown at once.
#[component]
pub(crate) fn Appearance() -> impl IntoView {
    let theme = RwSignal::new(settings::theme());
    view! {
        <Screen title="Appearance" back="#/you">
            <fieldset class="panel">
                <legend>"Colours"</legend>
                {CHOICES.map(|(choice, word, name)| view! {
                    <label class="check">
                        <input type="radio" name="theme" value=word prop:checked=move || theme.get() == choice on:change=move |_| {
                            settings::choose_theme(choice);
                            theme.set(choice);
                        }/>
                        {name}
                    </label>
                })}
                <p class="hint">"This is kept in this browser only."</p>
            </fieldset>
        </Screen>
    }
}
