//! Where posts and answers are written.

mod attach;
mod attachments;
mod draft;
mod elsewhere;
mod tray;
mod writing;

use effigy_core::Cid;
use leptos::prelude::*;

use super::notices::Unsent;
use super::{Glyph, Icon, Markdown};
use crate::app::{Handle, Model};
use crate::browser::slices;
use attach::AttachRow;
use elsewhere::Elsewhere;
use tray::{Tray, attach_from, paste_from};
use writing::Writing;

/// What is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// An answer.
    Answer {
        /// The entry that is answered.
        parent: Cid,
        /// The entry that began the thread.
        root: Cid,
    },
    /// A post of its own.
    Post,
}

impl Purpose {
    /// The name under which the draft is kept.
    fn slot(self) -> String {
        match self {
            Self::Answer { parent, .. } => parent.to_string(),
            Self::Post => "post".to_owned(),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Answer { .. } => "Your reply",
            Self::Post => "What do you want to share?",
        }
    }

    /// What is said when it is durable.
    pub(crate) const fn sent(self) -> &'static str {
        match self {
            Self::Answer { .. } => "Your reply is posted.",
            Self::Post => "Posted. It is on this device and on its way.",
        }
    }

    const fn send(self) -> &'static str {
        match self {
            Self::Answer { .. } => "Reply",
            Self::Post => "Post",
        }
    }
}

/// The form. `done` is called when what was written is durable.
#[component]
pub(crate) fn Composer(
    purpose: Purpose,
    /// Whether the text takes the focus at once.
    #[prop(optional)]
    focused: bool,
    #[prop(into)] done: Callback<()>,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let writing = *Writing::take_up(purpose, model, handle);
    if untrack(|| !writing.is_empty() && !writing.sending.get()) {
        model.toasts().note("Draft restored.");
    }
    count_unsent(writing, expect_context::<Unsent>().0);
    let preview = RwSignal::new(false);
    let submit = Callback::new(move |()| writing.send(done));
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        submit.run(());
    };
    view! {
        <form class="composer" on:submit=on_submit
            on:paste=move |event| paste_from(event.clipboard_data(), &event, writing)
            on:dragover=|event| event.prevent_default()
            on:drop=move |event| attach_from(event.data_transfer(), &event, writing)>
            <Show when=move || preview.get() fallback=move || view! { <TextField writing focused submit/> }>
                <div class="preview" aria-label="Preview" role="region"><Markdown text=writing.text/></div>
            </Show>
            <Elsewhere writing/>
            <Tray attachments=writing.attachments/>
            <AttachRow attach=writing.attach/>
            <p class="fault" role="alert">{writing.trouble}</p>
            <Tools writing preview/>
            {matches!(purpose, Purpose::Post).then(|| view! { <Audience/> })}
        </form>
    }
}

/// Counts this form among those that hold something, for as long as it does.
fn count_unsent(writing: Writing, unsent: RwSignal<usize>) {
    let counted = StoredValue::new(false);
    let count = move |holds: bool| {
        if counted.get_value() != holds {
            counted.set_value(holds);
            unsent.update(|unsent| {
                *unsent = if holds { unsent.saturating_add(1) } else { unsent.saturating_sub(1) };
            });
        }
    };
    let holds = Memo::new(move |_| !writing.is_empty());
    Effect::new(move || count(holds.get()));
    on_cleanup(move || count(false));
}

/// The text. It grows with what is in it.
#[component]
fn TextField(writing: Writing, focused: bool, submit: Callback<()>) -> impl IntoView {
    let node = NodeRef::<leptos::html::Textarea>::new();
    Effect::new(move || {
        if let Some(field) = node.get()
            && focused
        {
            field.focus().unwrap_or_default();
        }
    });
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            submit.run(());
        }
    };
    view! {
        <label class="composer-text">
            <span class="sr-only">{writing.purpose.label()}</span>
            // The copy behind the field gives it its height.
            <span class="grow" aria-hidden="true">{move || format!("{} ", writing.text.get())}</span>
            <textarea node_ref=node dir="auto" rows="3" placeholder=writing.purpose.label() readonly=writing.sending bind:value=writing.text on:keydown=on_key></textarea>
        </label>
    }
}

#[component]
fn Tools(writing: Writing, preview: RwSignal<bool>) -> impl IntoView {
    let files = |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        let files = input.files().map(|files| slices::all(&files)).unwrap_or_default();
        // So that the same file can be chosen again.
        input.set_value("");
        files
    };
    let take = move |event| writing.take(files(event));
    let take_pictures = move |event| writing.take_pictures(files(event));
    let take_folder = move |event| writing.take_folder(files(event));
    let full = move || writing.attachments.is_full();
    // Only said when it begins to matter.
    let left = move || {
        let left = writing.bytes_left();
        match left {
            0..=500 => Some(format!("{left} left")),
            ..0 => Some(format!("{} too long", left.unsigned_abs())),
            _ => None,
        }
    };
    let beyond = move || writing.is_beyond_keeping();
    view! {
        <Show when=beyond>
            <p class="hint fault" role="status">"Only the first 128 kB of this text would outlive a reload. It is too long for one post anyway: make several of it."</p>
        </Show>
        <div class="composer-tools">
            <label class="quiet" class:disabled=full>
                <Glyph icon=Icon::Picture/>"Pictures"
                <input class="sr-only" type="file" multiple accept="image/jpeg,image/png,image/webp" disabled=full on:change=take_pictures/>
            </label>
            {matches!(writing.purpose, Purpose::Post).then(|| view! {
                <label class="quiet">
                    <Glyph icon=Icon::File/>"Video or file"
                    <input class="sr-only" type="file" data-takes="any" on:change=take/>
                </label>
                <label class="quiet">
                    <Glyph icon=Icon::Folder/>"Folder"
                    <input class="sr-only" type="file" data-takes="folder" prop:webkitdirectory=true on:change=take_folder/>
                </label>
            })}
            <button class="quiet" type="button" aria-pressed=move || preview.get().to_string() on:click=move |_| preview.update(|preview| *preview = !*preview)>
                <Glyph icon=Icon::Eye/>"Preview"
            </button>
            <span class="composer-left" aria-live="polite">{left}</span>
            <button class="button primary" type="submit" disabled=move || !writing.may_send()>
                {move || if writing.sending.get() { "Posting…" } else { writing.purpose.send() }}
            </button>
        </div>
    }
}

/// Who will be able to read it. There is one kind of post so far, and it says so.
#[component]
fn Audience() -> impl IntoView {
    view! {
        <p class="audience">
            <span class="chip"><Glyph icon=Icon::Globe/>"Public"</span>
            <span>"Anyone who follows you, and whoever they share it with."</span>
        </p>
    }
}
