//! The pictures of a post: small in lists, whole when asked for, with their description at hand.

use effigy_core::payload::{Content, Image};
use leptos::prelude::*;

use super::{Dialog, Glyph, Icon};
use crate::app::{Handle, Loaded, Model};

/// How large pictures are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Size {
    Full,
    Small,
}

/// All pictures of a post.
#[component]
pub(crate) fn Pictures(#[prop(into)] images: Signal<Vec<Image>>) -> impl IntoView {
    let count = move || images.with(Vec::len);
    view! {
        <Show when=move || { count() > 0 }>
            <ul class="pictures" class:pictures-many=move || { count() > 1 }>
                <ForEnumerate each=move || images.get() key=|image| image.content.cid children=move |_, image| {
                    view! { <li><Framed image/></li> }
                }/>
            </ul>
        </Show>
    }
}

/// One picture with its description and the way to see it whole.
#[component]
fn Framed(image: Image) -> impl IntoView {
    let whole = RwSignal::new(false);
    let told = RwSignal::new(false);
    let alt = StoredValue::new(image.alt.clone());
    let has_alt = !image.alt.trim().is_empty();
    let label = move || {
        let alt = alt.get_value();
        if alt.trim().is_empty() {
            "Show the picture whole; it has no description".to_owned()
        } else {
            format!("Show the picture whole: {alt}")
        }
    };
    let small = image.clone();
    let image = StoredValue::new(image);
    view! {
        <figure class="picture">
            <button class="picture-open" type="button" aria-label=label on:click=move |_| whole.set(true)>
                <Shown image=small size=Size::Small/>
            </button>
            {has_alt.then(|| view! {
                <button class="alt-badge" type="button" aria-expanded=move || told.get().to_string() on:click=move |_| told.update(|told| *told = !*told)>
                    "ALT"<span class="sr-only">": description of the picture"</span>
                </button>
            })}
            <Show when=move || told.get()>
                <figcaption dir="auto">{alt.get_value()}</figcaption>
            </Show>
        </figure>
        <Dialog open=whole title="Picture" class="dialog-picture">
            <Shown image=image.get_value() size=Size::Full/>
            <Show when=move || has_alt><p class="picture-words" dir="auto">{alt.get_value()}</p></Show>
        </Dialog>
    }
}

/// The picture itself, or why it is not here.
#[component]
fn Shown(image: Image, size: Size) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let content = match (size, &image.thumbnail) {
        (Size::Small, Some(thumbnail)) => thumbnail.clone(),
        _ => image.content.clone(),
    };
    let state = model.contents().show(&content, handle);
    let (width, height) = (content.width, content.height);
    let alt = image.alt;
    let content = StoredValue::new(content);
    let ratio = format!("{width} / {height}");
    move || {
        match state.get() {
        Loaded::Ready(address) => view! {
            <img src=address alt=alt.clone() width=width.to_string() height=height.to_string() decoding="async"/>
        }
        .into_any(),
        Loaded::Here | Loaded::Waiting => view! {
            <span class="picture-wait" style:aspect-ratio=ratio.clone()><span class="sr-only">"The picture is on its way"</span></span>
        }
        .into_any(),
        Loaded::Arriving { hundredths } => view! {
            <span class="picture-wait" style:aspect-ratio=ratio.clone()>
                <span>"The picture is on its way: "{hundredths}" %"</span>
                <progress max="100" value=hundredths.to_string() aria-label="How much of the picture is here"></progress>
            </span>
        }
        .into_any(),
        Loaded::Missing => view! {
            <Absent content ratio=ratio.clone() size why="Nobody who is connected has this picture yet."/>
        }
        .into_any(),
        Loaded::Unfit => view! {
            <Absent content ratio=ratio.clone() size why="This picture is damaged or takes too long to draw, so it is not shown."/>
        }
        .into_any(),
    }
    }
}

/// The place of a picture that is not shown, and why.
#[component]
fn Absent(
    content: StoredValue<Content>,
    ratio: String,
    size: Size,
    why: &'static str,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let retry = move |_| model.contents().ask(&content.get_value(), handle);
    view! {
        <span class="picture-wait picture-missing" style:aspect-ratio=ratio>
            <Glyph icon=Icon::Picture/>
            <span>{why}</span>
            // A button within the button that opens the picture would be none.
            {(size == Size::Full).then(|| view! {
                <button class="button" type="button" on:click=retry>"Try again"</button>
            })}
        </span>
    }
}
