//! The pictures below the text, each with its description.

use effigy_core::limits::ALT_BYTES;
use leptos::prelude::*;
use web_sys::{DataTransfer, Event};

use super::attachments::{Attachment, Attachments, Reading, Taken};
use super::writing::Writing;
use crate::browser::slices;
use crate::parts::{Glyph, Icon, bytes};

/// Takes files from a drop.
pub(super) fn attach_from(data: Option<DataTransfer>, event: &Event, writing: Writing) {
    let Some(files) = data.and_then(|data| data.files()) else { return };
    if files.length() > 0 {
        event.prevent_default();
        writing.take(slices::all(&files));
    }
}

/// Takes files from a paste. Where there is text as well, the text is meant: programs that copy a
/// piece of a document put a picture of it beside it.
pub(super) fn paste_from(data: Option<DataTransfer>, event: &Event, writing: Writing) {
    let text = data.as_ref().and_then(|data| data.get_data("text/plain").ok());
    if text.is_none_or(|text| text.is_empty()) {
        attach_from(data, event, writing);
    }
}

/// The pictures.
#[component]
pub(super) fn Tray(attachments: Attachments) -> impl IntoView {
    let lost = move || {
        match attachments.lost() {
        1 => "A picture of this draft could not be kept: please add it again. Its description is here.".to_owned(),
        many => format!("{many} pictures of this draft could not be kept: please add them again. Their descriptions are here."),
    }
    };
    let progress = move || match attachments.reading().get() {
        None | Some(Reading { of: ..=1, .. }) => {
            "Reading the picture and removing hidden data such as its place…".to_owned()
        }
        Some(Reading { all_bytes, at, bytes: read, of }) => format!(
            "Reading picture {at} of {of}, {} of {}, and removing hidden data such as its place…",
            bytes(read),
            bytes(all_bytes)
        ),
    };
    let list = attachments.list();
    view! {
        <Show when=move || { attachments.lost() > 0 }>
            <p class="hint">
                {lost}
                " "
                <button class="quiet" type="button" on:click=move |_| attachments.remove_lost()>"Without pictures"</button>
            </p>
        </Show>
        <ul class="tray">
            <For each=move || list.get() key=|attachment| attachment.id let:attachment>
                <Slot attachments attachment/>
            </For>
        </ul>
        <Show when=move || attachments.reading().with(Option::is_some)>
            <div class="progress-line">
                <p class="hint" role="status">{progress}</p>
                <button class="quiet" type="button" on:click=move |_| attachments.stop_reading()>"Cancel"</button>
            </div>
        </Show>
        <p class="fault" role="alert">{attachments.trouble()}</p>
    }
}

#[component]
fn Slot(attachments: Attachments, attachment: Attachment) -> impl IntoView {
    let Attachment { alt, id, pixels, .. } = attachment;
    let alt = RwSignal::from(alt);
    let hint = format!("alt-{id}");
    let used = move || alt.with(|alt| alt.trim().len());
    let too_long = move || used() > ALT_BYTES;
    let count = move || match used() {
        used if used > ALT_BYTES => format!("{} too long", used - ALT_BYTES),
        used => format!("{used} of {ALT_BYTES}"),
    };
    let small = move || match pixels.get() {
        Taken::Here(_, preview) => {
            preview.address().map(|address| view! { <img src=address alt=""/> }.into_any())
        }
        Taken::Coming => Some(view! { <span class="slot-wait"></span> }.into_any()),
        Taken::Lost => {
            Some(view! { <span class="slot-wait"><Glyph icon=Icon::Alert/></span> }.into_any())
        }
    };
    view! {
        <li class="slot">
            {small}
            <label>
                <span class="label">"Describe it for people who cannot see it"</span>
                <textarea dir="auto" rows="2" aria-describedby=hint.clone() aria-invalid=move || too_long().to_string() bind:value=alt></textarea>
                <span class="hint" id=hint class:fault=too_long>{count}</span>
            </label>
            <button class="quiet round" type="button" aria-label="Remove this picture" on:click=move |_| attachments.remove(id)>
                <Glyph icon=Icon::Close/>
            </button>
        </li>
    }
}
