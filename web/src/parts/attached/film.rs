//! A video of a post: its picture, and the player once somebody wants to see it.

use effigy_core::payload::{Image, Video};
use effigy_core::video::VideoType;
use effigy_proto::Named;
use leptos::prelude::*;

use super::item::{Actions, Bar, Shown, Told};
use crate::app::{Handle, Loaded, Model};
use crate::parts::{Glyph, Icon, length};

/// A video.
#[component]
pub(super) fn FilmItem(named: Named, video: Video) -> impl IntoView {
    let shown = Shown::of(named);
    let Video { alt, content, poster, .. } = video;
    let told = RwSignal::new(false);
    let has_alt = !alt.trim().is_empty();
    let label = if has_alt { alt.clone() } else { "Video without a description".to_owned() };
    let before = if content.duration > 0 {
        format!("{} · ", length(content.duration))
    } else {
        String::new()
    };
    let ratio = format!("{} / {}", content.width, content.height);
    let name = match content.video_type {
        VideoType::Mp4 => "video.mp4",
        VideoType::Webm => "video.webm",
    };
    let (alt, label, poster) =
        (StoredValue::new(alt), StoredValue::new(label), StoredValue::new(poster));
    view! {
        <div class="attached-item" data-content=named.cid.to_string()>
            <figure class="picture film">
                {move || match shown.playing.get() {
                    Some(from) => view! {
                        <video controls autoplay playsinline preload="auto" src=from aria-label=label.get_value() style:aspect-ratio=ratio.clone() on:error=move |_| shown.gave_up()></video>
                    }.into_any(),
                    None => view! {
                        <button class="picture-open film-open" type="button" aria-label=format!("Play the video: {}", label.get_value()) on:click=move |_| shown.play() style:aspect-ratio=ratio.clone()>
                            {poster.get_value().map(|poster| view! { <Poster poster/> })}
                            <span class="film-play" aria-hidden="true"><Glyph icon=Icon::Play/></span>
                        </button>
                    }.into_any(),
                }}
                {has_alt.then(|| view! {
                    <button class="alt-badge" type="button" aria-expanded=move || told.get().to_string() on:click=move |_| told.update(|told| *told = !*told)>
                        "ALT"<span class="sr-only">": description of the video"</span>
                    </button>
                })}
                <Show when=move || told.get()>
                    <figcaption dir="auto">{alt.get_value()}</figcaption>
                </Show>
            </figure>
            <Told shown before/>
            <Bar shown/>
            <Actions shown name=name.to_owned()/>
        </div>
    }
}

/// The picture of a video, once it is here. The button around it says what it is.
#[component]
fn Poster(poster: Image) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let content = poster.thumbnail.unwrap_or(poster.content);
    let state = expect_context::<Model>().contents().show(&content, handle);
    move || match state.get() {
        Loaded::Ready(address) => Some(view! { <img src=address alt="" decoding="async"/> }),
        _ => None,
    }
}
