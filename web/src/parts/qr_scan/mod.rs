//! Reads somebody's code: by the camera, from a picture file, or as pasted text.

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::{Glyph, Icon};
use crate::app::task;
use crate::browser::camera::{Camera, CameraFault};
use crate::browser::code_reader::CodeReader;

/// Between two looks at the camera's picture, in milliseconds.
const LOOK_EVERY: u32 = 250;

/// Why a text that was read is not what is looked for.
pub(crate) struct Unread {
    /// What the person is told.
    pub(crate) words: &'static str,
    /// Whether to look on: a code of something else stays in front of the camera.
    pub(crate) look_on: bool,
}

/// Three ways to hand in a code.
#[component]
pub(crate) fn QrScan(
    /// Takes a text that was read, or says why not.
    #[prop(into)]
    read: Callback<String, Result<(), Unread>>,
    /// What is asked for.
    label: &'static str,
    /// How such codes begin.
    placeholder: &'static str,
) -> impl IntoView {
    let fault = RwSignal::new(None::<&'static str>);
    let read = Callback::new(move |text: String| match read.run(text) {
        Ok(()) => {
            fault.try_set(None);
            true
        }
        Err(unread) => {
            fault.try_set(Some(unread.words));
            !unread.look_on
        }
    });
    let take = Callback::new(move |text: String| {
        read.run(text);
    });
    view! {
        <div class="scan">
            <Scanner read fault/>
            <FromFile read=take fault/>
            <FromText read=take label placeholder/>
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
fn FromText(
    read: Callback<String>,
    label: &'static str,
    placeholder: &'static str,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        read.run(text.get_untracked());
    };
    view! {
        <form class="paste" on:submit=submit>
            <label>
                <span class="label">{label}</span>
                <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder=placeholder bind:value=text/>
            </label>
            <button class="button" type="submit"><Glyph icon=Icon::Paste/>"Use it"</button>
        </form>
    }
}
