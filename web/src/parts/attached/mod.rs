//! What is attached to a post and is no picture: how far it is, and what can be done with it.

mod film;
mod item;

use effigy_core::payload::{Collection, File, Item as Listed, Video};
use effigy_core::text::clean_file_name;
use effigy_feed::Attachment;
use effigy_proto::{ContentKind, Named};
use leptos::prelude::*;

use super::{Glyph, Icon, bytes};
use film::FilmItem;
use item::FileItem;

/// How many files of a folder are shown before somebody wants to see all.
const FIRST: usize = 5;

/// All that is attached.
#[component]
pub(crate) fn Attached(attachment: Attachment) -> impl IntoView {
    match attachment {
        Attachment::File(File { cid, name, size, .. }) => {
            let named = Named { cid, size, kind: ContentKind::File };
            let name = clean_file_name(&name);
            view! { <ul class="attached"><FileItem named name/></ul> }.into_any()
        }
        Attachment::Video(video) => view! { <FilmOf video/> }.into_any(),
        Attachment::Collection(collection) => view! { <Folder collection/> }.into_any(),
    }
}

#[component]
fn FilmOf(video: Video) -> impl IntoView {
    let kind = ContentKind::Video(video.content.video_type);
    let named = Named { cid: video.content.cid, size: video.content.size, kind };
    view! { <FilmItem named video/> }
}

/// A folder with its files: a few, or all.
#[component]
fn Folder(collection: Collection) -> impl IntoView {
    let Collection { items, name, .. } = collection;
    let name = clean_file_name(&name);
    let count = items.len();
    let size = items.iter().fold(0_u64, |size, item| size.saturating_add(item.size));
    let all = RwSignal::new(false);
    let items = StoredValue::new(items);
    let shown = move || {
        let most = if all.get() { count } else { FIRST };
        items.with_value(|items| items.iter().take(most).cloned().collect::<Vec<_>>())
    };
    let heading = match count {
        1 => format!("1 file, {}", bytes(size)),
        many => format!("{many} files, {}", bytes(size)),
    };
    view! {
        <div class="attached-folder" role="group" aria-label=format!("Folder {name}")>
            <p class="attached-head">
                <Glyph icon=Icon::Folder/>
                <span class="row-words"><span class="row-title"><bdi>{name.clone()}</bdi></span><span class="row-note">{heading}</span></span>
            </p>
            <ul class="attached">
                <For each=shown key=|item| item.name.clone() children=|item: Listed| {
                    let named = Named { cid: item.cid, size: item.size, kind: ContentKind::File };
                    let steps: Vec<String> = item.name.split('/').map(clean_file_name).collect();
                    view! { <FileItem named name=steps.join("/")/> }
                }/>
            </ul>
            <Show when=move || { !all.get() && count > FIRST }>
                <button class="quiet" type="button" on:click=move |_| all.set(true)>{format!("Show all {count} files")}</button>
            </Show>
        </div>
    }
}
