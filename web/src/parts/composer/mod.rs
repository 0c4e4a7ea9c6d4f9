//! Where posts and answers are written.

mod attachments;
mod draft;

use effigy_core::Cid;
use effigy_core::limits::{IMAGES, TEXT_BYTES};
use effigy_proto::Command;
use leptos::prelude::*;

use super::notices::Unsent;
use super::{Glyph, Icon, Markdown};
use crate::app::{Answer, Handle, Model, error, task};
use attachments::{Attachments, Tray, attach_from};
use draft::{Draft, keep};

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

    const fn send(self) -> &'static str {
        match self {
            Self::Answer { .. } => "Reply",
            Self::Post => "Post",
        }
    }
}

/// What is being written.
#[derive(Clone, Copy)]
struct Writing {
    attachments: Attachments,
    purpose: Purpose,
    sending: RwSignal<bool>,
    text: RwSignal<String>,
    /// What went wrong last.
    trouble: RwSignal<Option<&'static str>>,
}

impl Writing {
    fn begin(purpose: Purpose, model: Model) -> Self {
        let draft = model.draft(&purpose.slot()).map(|text| Draft::read(&text)).unwrap_or_default();
        Self {
            attachments: Attachments::new(draft.lost_pictures),
            purpose,
            sending: RwSignal::new(false),
            text: RwSignal::new(draft.text),
            trouble: RwSignal::new(None),
        }
    }

    fn is_empty(self) -> bool {
        self.text.with(|text| text.trim().is_empty()) && self.attachments.is_empty()
    }

    fn bytes_left(self) -> isize {
        let used = self.text.with(String::len);
        TEXT_BYTES.cast_signed().saturating_sub(used.cast_signed())
    }

    fn may_send(self) -> bool {
        !self.is_empty()
            && !self.sending.get()
            && self.bytes_left() >= 0
            && !self.attachments.is_reading()
    }

    async fn send(self, handle: Handle) -> Answer {
        let text = self.text.get_untracked();
        let pictures = self.attachments.pictures();
        match self.purpose {
            Purpose::Answer { parent, root } => {
                let command = |ticket| Command::Comment { parent, pictures, root, text, ticket };
                handle.request(command).await
            }
            Purpose::Post => {
                handle.request(|ticket| Command::Publish { pictures, text, ticket }).await
            }
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
    let writing = Writing::begin(purpose, model);
    let unsent = expect_context::<Unsent>().0;
    if untrack(|| !writing.is_empty() || writing.attachments.has_lost()) {
        model.toasts().note("Draft restored.");
    }
    keep(writing, model, handle, unsent);
    let preview = RwSignal::new(false);
    let submit = move || {
        if !untrack(|| writing.may_send()) {
            return;
        }
        writing.sending.set(true);
        writing.trouble.set(None);
        task::run(async move {
            let answer = writing.send(handle).await;
            writing.sending.try_set(false);
            match answer {
                Ok(_) => {
                    draft::drop_kept(purpose, model, handle);
                    writing.attachments.clear();
                    writing.text.try_set(String::new());
                    done.run(());
                }
                Err(why) => drop(writing.trouble.try_set(Some(error::not_done(why)))),
            }
        });
    };
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        submit();
    };
    view! {
        <form class="composer" on:submit=on_submit
            on:paste=move |event| attach_from(event.clipboard_data(), &event, writing.attachments)
            on:dragover=|event| event.prevent_default()
            on:drop=move |event| attach_from(event.data_transfer(), &event, writing.attachments)>
            <Show when=move || preview.get() fallback=move || view! { <TextField writing focused submit=Callback::new(move |()| submit())/> }>
                <div class="preview" aria-label="Preview" role="region"><Markdown text=writing.text/></div>
            </Show>
            <Tray attachments=writing.attachments/>
            <p class="fault" role="alert">{writing.trouble}</p>
            <Tools writing preview/>
            {matches!(purpose, Purpose::Post).then(|| view! { <Audience/> })}
        </form>
    }
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
            <textarea node_ref=node dir="auto" rows="3" placeholder=writing.purpose.label() bind:value=writing.text on:keydown=on_key></textarea>
        </label>
    }
}

#[component]
fn Tools(writing: Writing, preview: RwSignal<bool>) -> impl IntoView {
    let take = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        if let Some(files) = input.files() {
            writing.attachments.add_all(&files);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let full = move || writing.attachments.count() >= IMAGES;
    // Only said when it begins to matter.
    let left = move || {
        let left = writing.bytes_left();
        match left {
            0..=500 => Some(format!("{left} left")),
            ..0 => Some(format!("{} too long", left.unsigned_abs())),
            _ => None,
        }
    };
    view! {
        <div class="composer-tools">
            <label class="quiet" class:disabled=full>
                <Glyph icon=Icon::Picture/>"Pictures"
                <input class="sr-only" type="file" multiple accept="image/jpeg,image/png,image/webp" disabled=full on:change=take/>
            </label>
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
