//! The view for changing the own profile.

use leptos::prelude::*;

use super::form::Form;
use crate::app::{Handle, Model, Sheet as _};
use crate::parts::{Avatar, FaceField, Managed, Screen};

/// The form. Begins with what is there.
#[component]
pub(crate) fn Profile() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let me = model.me();
    let known = model
        .with_view_once(|view| view.person(&view.me()).map(|person| person.profile.clone()))
        .flatten()
        .unwrap_or_default();
    let had_picture = known.picture.is_some();
    let form = *Form::take_up(known, model, handle);
    if form.holds() && !form.busy.get_untracked() {
        model.toasts().note("Draft restored.");
    }
    let Form { about, busy, chosen, name, removed, trouble, .. } = form;
    // Only said when it begins to matter.
    let left = move || match form.about_left() {
        left @ 0..=200 => Some(format!("{left} left")),
        left @ ..0 => Some(format!("{} too long", left.unsigned_abs())),
        _ => None,
    };
    let too_long = move || form.about_left() < 0;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.save();
    };
    let face = ViewFn::from(move || {
        me.filter(|_| !removed.get()).map(|synod| view! { <Avatar synod size="large"/> })
    });
    view! {
        <Screen title="Edit profile" back="#/you">
            <Managed what="Change your profile">
                <form class="stack" on:submit=submit>
                    <FaceField chosen otherwise=face.clone()/>
                    {had_picture.then(|| view! {
                        <label class="check"><input type="checkbox" bind:checked=removed/>"Show no picture"</label>
                    })}
                    <label>
                        <span class="label">"Your name"</span>
                        <input type="text" autocomplete="nickname" maxlength="80" dir="auto" bind:value=name/>
                    </label>
                    <label>
                        <span class="label">"About you"</span>
                        <textarea rows="4" dir="auto" aria-describedby="about-hint" aria-invalid=move || too_long().to_string() bind:value=about></textarea>
                    </label>
                    <p class="hint" id="about-hint">"Everybody who follows you sees this. "<span class:fault=too_long aria-live="polite">{left}</span></p>
                    <p class="fault" role="alert">{trouble}</p>
                    <button class="button primary" type="submit" disabled=move || busy.get() || too_long()>{move || if busy.get() { "Saving…" } else { "Save" }}</button>
                </form>
            </Managed>
        </Screen>
    }
}
