//! The view for changing the own profile.

use effigy_core::limits::ABOUT_BYTES;
use effigy_core::payload::Profile as CoreProfile;
use effigy_core::text::clean_name;
use effigy_proto::{Command, Picture, PictureChange};
use leptos::prelude::*;

use crate::app::{Handle, Model, error, task};
use crate::browser::page;
use crate::parts::{Avatar, FaceField, Screen};

/// What is in the form.
#[derive(Clone, Copy)]
struct Form {
    about: RwSignal<String>,
    busy: RwSignal<bool>,
    chosen: RwSignal<Option<Picture>>,
    name: RwSignal<String>,
    removed: RwSignal<bool>,
    trouble: RwSignal<Option<&'static str>>,
}

impl Form {
    fn filled(known: CoreProfile) -> Self {
        Self {
            about: RwSignal::new(known.about),
            busy: RwSignal::new(false),
            chosen: RwSignal::new(None),
            name: RwSignal::new(known.name),
            removed: RwSignal::new(false),
            trouble: RwSignal::new(None),
        }
    }

    fn picture(self) -> PictureChange {
        match self.chosen.get_untracked() {
            Some(picture) => PictureChange::Replace(picture),
            None if self.removed.get_untracked() => PictureChange::Remove,
            None => PictureChange::Keep,
        }
    }

    fn save(self, model: Model, handle: Handle) {
        let name = clean_name(&self.name.get_untracked());
        if name.is_empty() {
            self.trouble.set(Some("Please enter a name. Any name will do."));
            return;
        }
        let picture = self.picture();
        let about = self.about.get_untracked().trim().to_owned();
        self.busy.set(true);
        task::run(async move {
            let command = |ticket| Command::EditProfile { about, name, picture, ticket };
            match handle.request(command).await {
                Ok(_) => {
                    model.toasts().note("Your profile is saved.");
                    page::back("#/you");
                }
                Err(why) => drop(self.trouble.try_set(Some(error::not_done(why)))),
            }
            self.busy.try_set(false);
        });
    }
}

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
    let form = Form::filled(known);
    let Form { about, busy, chosen, name, removed, trouble } = form;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.save(model, handle);
    };
    let face = ViewFn::from(move || {
        me.filter(|_| !removed.get()).map(|synod| view! { <Avatar synod size="large"/> })
    });
    view! {
        <Screen title="Edit profile" back="#/you">
            <form class="stack" on:submit=submit>
                <FaceField chosen otherwise=face/>
                {had_picture.then(|| view! {
                    <label class="check"><input type="checkbox" bind:checked=removed/>"Show no picture"</label>
                })}
                <label>
                    <span class="label">"Your name"</span>
                    <input type="text" autocomplete="nickname" maxlength="80" dir="auto" bind:value=name/>
                </label>
                <label>
                    <span class="label">"About you"</span>
                    <textarea rows="4" dir="auto" maxlength=ABOUT_BYTES.to_string() bind:value=about></textarea>
                </label>
                <p class="hint">"Everybody who follows you sees this."</p>
                <p class="fault" role="alert">{trouble}</p>
                <button class="button primary" type="submit" disabled=busy>{move || if busy.get() { "Saving…" } else { "Save" }}</button>
            </form>
        </Screen>
    }
}
