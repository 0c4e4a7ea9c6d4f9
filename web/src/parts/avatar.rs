//! Somebody's face: the picture they chose, or the one made from their key.

use std::sync::Arc;

use effigy_core::Identity;
use effigy_core::payload::Content;
use effigy_proto::Picture;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::identicon::Identicon;
use super::{Glyph, Icon};
use crate::app::{Handle, Loaded, Model, task};
use crate::browser::object_url::ObjectUrl;
use crate::browser::picture;

/// The face of somebody. Decoration: their name stands beside it.
#[component]
pub(crate) fn Avatar(
    #[prop(into)] synod: Signal<Identity>,
    /// A class for its size: `small`, `large`, or nothing.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let picture = Memo::new(move |_| {
        model
            .with_view(|view| {
                let image = view.person(&synod.get())?.profile.picture.clone()?;
                Some(image.thumbnail.unwrap_or(image.content))
            })
            .flatten()
    });
    view! {
        <span class=format!("avatar {size}")>
            {move || match picture.get() {
                Some(content) => view! { <Face content synod/> }.into_any(),
                None => view! { <Identicon identity=synod/> }.into_any(),
            }}
        </span>
    }
}

#[component]
fn Face(content: Content, synod: Signal<Identity>) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let state = expect_context::<Model>().contents().show(&content, handle);
    move || match state.get() {
        Loaded::Ready(address) => view! { <img src=address alt="" decoding="async"/> }.into_any(),
        _ => view! { <Identicon identity=synod/> }.into_any(),
    }
}

/// Chooses a face. What was chosen is kept in `chosen` until the form is sent.
#[component]
pub(crate) fn FaceField(
    /// The new picture.
    chosen: RwSignal<Option<Picture>>,
    /// What is shown while none is chosen.
    #[prop(optional, into)]
    otherwise: ViewFn,
) -> impl IntoView {
    let fault = RwSignal::new(None::<&'static str>);
    let busy = RwSignal::new(false);
    let take = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        // So that the same file can be chosen again.
        input.set_value("");
        busy.set(true);
        task::run(async move {
            match picture::for_profile(&file).await {
                Ok(picture) => {
                    chosen.try_set(Some(picture));
                    fault.try_set(None);
                }
                Err(why) => drop(fault.try_set(Some(why.words()))),
            }
            busy.try_set(false);
        });
    };
    // The address lives as long as it is shown.
    let preview = Memo::new(move |_| chosen.with(|chosen| chosen.as_ref().map(Preview::of)));
    view! {
        <div class="face-field">
            <label class="face-pick">
                <span class="avatar large">
                    {move || match preview.get().and_then(|preview| preview.address()) {
                        Some(address) => view! { <img src=address alt="The picture you chose"/> }.into_any(),
                        None => otherwise.run(),
                    }}
                </span>
                <span class="face-words">
                    <Glyph icon=Icon::Camera/>
                    {move || if busy.get() { "Reading the picture…" } else { "Choose a picture" }}
                </span>
                <input class="sr-only" type="file" accept="image/jpeg,image/png,image/webp" on:change=take/>
            </label>
            <Show when=move || chosen.with(Option::is_some)>
                <button class="quiet" type="button" on:click=move |_| chosen.set(None)>"Use none"</button>
            </Show>
            <p class="fault" role="alert">{fault}</p>
        </div>
    }
}

/// A chosen picture as an address for an image element. The address lives as long as any copy.
#[derive(Clone)]
pub(crate) struct Preview(Arc<Option<ObjectUrl>>);

impl Preview {
    /// Makes the address.
    pub(super) fn of(picture: &Picture) -> Self {
        let pixels = picture.thumbnail.as_ref().unwrap_or(&picture.full);
        Self(Arc::new(ObjectUrl::new(&pixels.bytes, pixels.image_type.mime())))
    }

    /// The address, where the browser had room for it.
    pub(super) fn address(&self) -> Option<String> {
        self.0.as_ref().as_ref().map(|url| url.address().to_owned())
    }
}

impl PartialEq for Preview {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
