//! A draft as the person's devices agree on it: its words, and what of it lies on which device.

use effigy_core::Identity;
use effigy_core::limits::{REGISTER_BYTES, TEXT_BYTES};
use effigy_proto::registers;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::writing::Writing;
use crate::app::Model;
use crate::parts::{Glyph, Icon, apart};

/// How many characters of another draft are shown.
const GLIMPSE: usize = 120;
/// On how many devices parts of a draft may lie.
const DEVICES: usize = 16;

/// What the register of a draft holds, as JSON.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Shared {
    /// What lies on single devices and stays there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) left: Vec<Left>,
    /// The text in Markdown.
    #[serde(default)]
    pub(super) text: String,
}

/// What of a draft lies on one device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Left {
    /// Which device.
    pub(super) device: Identity,
    /// What a video, a file or a folder is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// How many pictures.
    #[serde(default)]
    pub(super) pictures: usize,
}

impl Shared {
    /// Reads what a register holds; nothing where it holds nothing that can be read.
    pub(super) fn read(value: &str) -> Self {
        serde_json::from_str(value).unwrap_or_default()
    }

    /// Writes it; `None` when it is too long for one post, and stays on this device.
    pub(super) fn write(&self) -> Option<String> {
        if self.text.len() > TEXT_BYTES {
            return None;
        }
        let value = serde_json::to_string(self).ok()?;
        // In a statement it is quoted once more.
        let quoted = serde_json::to_string(&value).ok()?;
        (value.len() <= REGISTER_BYTES && quoted.len() <= registers::QUOTED).then_some(value)
    }

    /// Says what of it lies on this device.
    pub(super) fn with(mut self, own: Left) -> Self {
        self.left.retain(|left| left.device != own.device);
        self.left.truncate(DEVICES);
        if own.pictures > 0 || own.name.is_some() {
            self.left.push(own);
        }
        self
    }
}

impl Left {
    /// In words: "2 pictures and “clip.mp4”".
    fn words(&self) -> String {
        let pictures = match self.pictures {
            0 => None,
            1 => Some("a picture".to_owned()),
            many => Some(format!("{many} pictures")),
        };
        let name = self.name.as_ref().map(|name| format!("\u{201c}{name}\u{201d}"));
        let all: Vec<String> = pictures.into_iter().chain(name).collect();
        all.join(" and ")
    }
}

/// The beginning of a text.
fn glimpse(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut characters = text.chars();
    let begin: String = characters.by_ref().take(GLIMPSE).collect();
    if characters.next().is_some() { format!("{begin}…") } else { begin }
}

/// What the person calls a device.
fn device_name(model: Model, device: Identity) -> String {
    let name = model.network().with(|network| {
        let all = &network.devices;
        let found = all.iter().find(|known| known.identity == device);
        found.map(|known| format!("{}{}", known.name, apart(known, all)))
    });
    name.unwrap_or_else(|| "another device".to_owned())
}

/// What is known of this draft on other devices: what lies there, and one that was written apart.
#[component]
pub(super) fn Elsewhere(writing: Writing) -> impl IntoView {
    let model = expect_context::<Model>();
    let left = move || {
        let me = model.device();
        let left = writing.left.get().into_iter().filter(move |left| Some(left.device) != me);
        left.map(|left| {
            let (name, what) = (device_name(model, left.device), left.words());
            view! {
                <p class="hint" data-left="">
                    "On \u{201c}"<bdi>{name}</bdi>"\u{201d} this draft also has "<bdi>{what}</bdi>". That stays there; post from there to include it."
                </p>
            }
        })
        .collect_view()
    };
    view! {
        {left}
        {move || writing.other.get().map(|(by, other)| {
            let name = device_name(model, by);
            view! {
                <div class="notice" role="status" data-notice="other-draft">
                    <Glyph icon=Icon::Devices/>
                    <div>
                        <p>"\u{201c}"<bdi>{name}</bdi>"\u{201d} has another draft of this, written while the two were apart:"</p>
                        <blockquote dir="auto">{glimpse(&other.text)}</blockquote>
                    </div>
                    <div class="notice-actions">
                        <button class="button" type="button" on:click=move |_| writing.take_other()>"Use that one"</button>
                        <button class="button" type="button" on:click=move |_| writing.add_other()>"Put it below mine"</button>
                        <button class="button" type="button" on:click=move |_| writing.keep_own()>"Keep mine"</button>
                    </div>
                </div>
            }
        })}
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Secret;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn device(seed: u8) -> Identity {
        Secret::from_seed(&[seed; 32]).identity()
    }

    #[test]
    fn each_device_says_what_lies_on_it() {
        let left = |seed, pictures| Left { device: device(seed), name: None, pictures };
        let shared = Shared { left: vec![left(1, 2)], text: "Hi \"there\"".to_owned() };
        let both = shared.with(left(2, 1));
        assert_eq!(both.left, [left(1, 2), left(2, 1)]);
        assert_eq!(Shared::read(&both.write().unwrap()), both);
        let one = both.with(left(1, 0));
        assert_eq!(one.left, [left(2, 1)]);
        let film = Left { name: Some("clip.mp4".to_owned()), ..left(2, 1) };
        assert_eq!(film.words(), "a picture and \u{201c}clip.mp4\u{201d}");
    }

    #[test]
    fn what_cannot_be_read_is_nothing_and_what_is_too_long_stays() {
        assert_eq!(Shared::read("{broken"), Shared::default());
        assert_eq!(Shared::read(""), Shared::default());
        let long = Shared { left: Vec::new(), text: "x".repeat(TEXT_BYTES + 1) };
        assert_eq!(long.write(), None);
        assert_eq!(glimpse(&"word ".repeat(100)).chars().count(), GLIMPSE + 1);
    }
}
