//! The pictures of what is being written.

use std::sync::Arc;

use effigy_core::limits::{ALT_BYTES, IMAGES};
use effigy_proto::Picture;
use leptos::prelude::*;
use web_sys::{DataTransfer, Event, File, FileList};

use crate::app::task;
use crate::browser::picture;
use crate::parts::avatar::Preview;
use crate::parts::{Glyph, Icon};

/// A picture that was added.
#[derive(Clone)]
struct Attachment {
    /// What somebody who cannot see it is told.
    alt: ArcRwSignal<String>,
    id: u32,
    picture: Arc<Picture>,
    preview: Preview,
}

/// The pictures, in the order in which they were added.
#[derive(Clone, Copy)]
pub(super) struct Attachments {
    list: RwSignal<Vec<Attachment>>,
    /// Descriptions of pictures that a draft could not keep.
    lost: RwSignal<Vec<String>>,
    /// How many files are being read.
    reading: RwSignal<usize>,
    next: StoredValue<u32>,
    trouble: RwSignal<Option<&'static str>>,
}

impl Attachments {
    pub(super) fn new(lost: Vec<String>) -> Self {
        Self {
            list: RwSignal::new(Vec::new()),
            lost: RwSignal::new(lost),
            reading: RwSignal::new(0),
            next: StoredValue::new(0),
            trouble: RwSignal::new(None),
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.list.with(Vec::is_empty)
    }

    /// Whether a draft had pictures that have to be added again.
    pub(super) fn has_lost(self) -> bool {
        self.lost.with(|lost| !lost.is_empty())
    }

    pub(super) fn count(self) -> usize {
        self.list.with(Vec::len).saturating_add(self.reading.get())
    }

    pub(super) fn is_reading(self) -> bool {
        self.reading.get() > 0
    }

    pub(super) fn clear(self) {
        self.list.try_set(Vec::new());
        self.lost.try_set(Vec::new());
    }

    /// What draws a draft's attention: the pictures and their descriptions.
    pub(super) fn track(self) {
        self.lost.track();
        self.list.with(|list| list.iter().for_each(|attachment| attachment.alt.track()));
    }

    /// The descriptions, for the draft.
    pub(super) fn descriptions(self) -> Vec<String> {
        let mut all = self.lost.get_untracked();
        self.list.with_untracked(|list| {
            all.extend(list.iter().map(|attachment| attachment.alt.get_untracked()));
        });
        all.truncate(IMAGES);
        all
    }

    /// The pictures with their descriptions, ready to be sent.
    pub(super) fn pictures(self) -> Vec<Picture> {
        self.list.with_untracked(|list| {
            list.iter()
                .map(|attachment| {
                    let alt = attachment.alt.get_untracked().trim().to_owned();
                    Picture { alt, ..(*attachment.picture).clone() }
                })
                .collect()
        })
    }

    /// Adds files until there are as many pictures as a post may have.
    pub(super) fn add_all(self, files: &FileList) {
        for file in (0..files.length()).filter_map(|index| files.get(index)) {
            self.add(file);
        }
    }

    fn add(self, file: File) {
        self.trouble.set(None);
        if self.list.with_untracked(Vec::len) + self.reading.get_untracked() >= IMAGES {
            self.trouble.set(Some("A post has room for eight pictures. The rest was not added."));
            return;
        }
        self.reading.update(|reading| *reading = reading.saturating_add(1));
        task::run(async move {
            let made = picture::for_post(&file).await;
            self.reading.try_update(|reading| *reading = reading.saturating_sub(1));
            match made {
                Ok(picture) => self.take(picture),
                Err(why) => drop(self.trouble.try_set(Some(why.words()))),
            }
        });
    }

    fn take(self, picture: Picture) {
        let Some(id) = self.next.try_update_value(|next| {
            *next = next.wrapping_add(1);
            *next
        }) else {
            return; // The screen is gone.
        };
        // A description that waited for its picture.
        let alt = self
            .lost
            .try_update(|lost| if lost.is_empty() { String::new() } else { lost.remove(0) })
            .unwrap_or_default();
        let preview = Preview::of(&picture);
        // Not owned by a screen, because it is made after waiting, where there is none.
        let (alt, picture) = (ArcRwSignal::new(alt), Arc::new(picture));
        self.list.try_update(|list| list.push(Attachment { alt, id, picture, preview }));
    }

    fn remove(self, id: u32) {
        self.list.update(|list| list.retain(|attachment| attachment.id != id));
    }
}

/// Takes pictures from a paste or a drop. What carries none is left to the text field.
pub(super) fn attach_from(data: Option<DataTransfer>, event: &Event, attachments: Attachments) {
    let Some(files) = data.and_then(|data| data.files()) else { return };
    if files.length() > 0 {
        event.prevent_default();
        attachments.add_all(&files);
    }
}

/// The pictures below the text, each with its description.
#[component]
pub(super) fn Tray(attachments: Attachments) -> impl IntoView {
    let lost = move || attachments.lost.with(Vec::len);
    view! {
        <Show when=move || { lost() > 0 }>
            <p class="hint">
                {move || match lost() {
                    1 => "The picture of this draft could not be kept: please add it again. Its description is here.".to_owned(),
                    many => format!("The {many} pictures of this draft could not be kept: please add them again. Their descriptions are here."),
                }}
                " "
                <button class="quiet" type="button" on:click=move |_| attachments.lost.set(Vec::new())>"Without pictures"</button>
            </p>
        </Show>
        <ul class="tray">
            <For each=move || attachments.list.get() key=|attachment| attachment.id let:attachment>
                <Slot attachments attachment/>
            </For>
        </ul>
        <Show when=move || attachments.is_reading()>
            <p class="hint" role="status">"Reading the picture and removing hidden data such as its place…"</p>
        </Show>
        <p class="fault" role="alert">{attachments.trouble}</p>
    }
}

#[component]
fn Slot(attachments: Attachments, attachment: Attachment) -> impl IntoView {
    let Attachment { alt, id, preview, .. } = attachment;
    let alt = RwSignal::from(alt);
    let hint = format!("alt-{id}");
    let used = move || alt.with(String::len);
    let too_long = move || used() > ALT_BYTES;
    view! {
        <li class="slot">
            {preview.address().map(|address| view! { <img src=address alt=""/> })}
            <label>
                <span class="label">"Describe it for people who cannot see it"</span>
                <textarea dir="auto" rows="2" maxlength=ALT_BYTES.to_string() aria-describedby=hint.clone() bind:value=alt></textarea>
                <span class="hint" id=hint class:fault=too_long>{move || format!("{} of {ALT_BYTES}", used())}</span>
            </label>
            <button class="quiet round" type="button" aria-label="Remove this picture" on:click=move |_| attachments.remove(id)>
                <Glyph icon=Icon::Close/>
            </button>
        </li>
    }
}
