//! Reads somebody's code: by the camera, from a picture file, or as pasted text.

use effigy_core::Invite;
use effigy_core::invite::InviteError;
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::{Glyph, Icon};
use crate::app::{error, task};
use crate::browser::camera::{Camera, CameraFault};
use crate::browser::code_reader::CodeReader;

/// Between two looks at the camera's picture, in milliseconds.
const LOOK_EVERY: u32 = 250;

/// Three ways to hand in a code. `found` is called with each invite that was read.
#[component]
pub(crate) fn QrScan(#[prop(into)] found: Callback<Invite>) -> impl IntoView {
    let fault = RwSignal::new(None::<&'static str>);
    let read = move |text: &str| match Invite::parse(text) {
        Ok(invite) => {
            fault.try_set(None);
            found.run(invite);
            true
        }
        Err(why) => {
            fault.try_set(Some(error::invite(why)));
            // A code of something else stays in front of the camera; there is no use in stopping.
            !matches!(why, InviteError::Foreign | InviteError::Damaged)
        }
    };
    view! {
        <div class="scan">
            <Scanner read=Callback::new(move |text: String| read(&text)) fault/>
            <FromFile read=Callback::new(move |text: String| { read(&text); }) fault/>
            <FromText read=Callback::new(move |text: String| { read(&text); })/>
            <p class="fault" role="alert">{fault}</p>
        </div>
    }
}

/// The camera.
#[component]
fn Scanner(
    /// Takes a text that was read; tells whether it was what is looked for.
    read: Callback<String, bool>,
    fault: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Show
            when=move || open.get()
            fallback=move || view! {
                <button class="button wide" type="button" on:click=move |_| { fault.set(None); open.set(true); }>
                    <Glyph icon=Icon::Camera/>"Scan with the camera"
                </button>
            }
        >
            <Viewfinder read fault open/>
        </Show>
    }
}

#[component]
fn Viewfinder(
    read: Callback<String, bool>,
    fault: RwSignal<Option<&'static str>>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let node = NodeRef::<html::Video>::new();
    let begun = StoredValue::new(false);
    Effect::new(move || {
        let Some(video) = node.get() else { return };
        if begun.get_value() {
            return;
        }
        begun.set_value(true);
        task::run_while_shown(async move {
            match look(&video, read).await {
                Ok(()) => (),
                Err(why) => drop(fault.try_set(Some(why.words()))),
            }
            open.try_set(false);
        });
    });
    view! {
        <div class="viewfinder">
            <video node_ref=node playsinline muted aria-label="What the camera sees"></video>
            <p>"Hold the other person's code into the picture."</p>
            <button class="button" type="button" on:click=move |_| open.set(false)>"Stop the camera"</button>
        </div>
    }
}

/// Looks until a code was accepted. The camera closes with this future, however it ends.
async fn look(
    video: &web_sys::HtmlVideoElement,
    read: Callback<String, bool>,
) -> Result<(), CameraFault> {
    let camera = Camera::open().await?;
    camera.show_in(video).await?;
    let reader = CodeReader::new().await.ok_or(CameraFault::Impossible)?;
    loop {
        if let Some(text) = reader.read_video(video).await
            && read.try_run(text).unwrap_or(true)
        {
            return Ok(());
        }
        gloo_timers::future::TimeoutFuture::new(LOOK_EVERY).await;
    }
}

/// A picture of a code, as somebody sent it.
#[component]
fn FromFile(read: Callback<String>, fault: RwSignal<Option<&'static str>>) -> impl IntoView {
    let take = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        // So that the same file can be chosen again.
        input.set_value("");
        task::run(async move {
            let text = match CodeReader::new().await {
                Some(reader) => reader.read_file(&file).await,
                None => None,
            };
            match text {
                // Nobody is added by a picture that the person has turned away from.
                Some(text) => drop(read.try_run(text)),
                None => drop(fault.try_set(Some(
                    "No code was found in this picture. Try one that shows the whole code, sharp and upright.",
                ))),
            }
        });
    };
    view! {
        <label class="button wide">
            <Glyph icon=Icon::Picture/>"Open a picture of a code"
            <input class="sr-only" type="file" accept="image/*" on:change=take/>
        </label>
    }
}

/// A link or a short text.
#[component]
fn FromText(read: Callback<String>) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        read.run(text.get_untracked());
    };
    view! {
        <form class="paste" on:submit=submit>
            <label>
                <span class="label">"Link or code you were sent"</span>
                <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="effigy:… or https://…" bind:value=text/>
            </label>
            <button class="button" type="submit"><Glyph icon=Icon::Paste/>"Use it"</button>
        </form>
    }
}
