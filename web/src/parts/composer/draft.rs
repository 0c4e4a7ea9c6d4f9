//! How what is being written rests in the store.

use effigy_core::limits::IMAGES;
use serde::{Deserialize, Serialize};

use super::attach::Chosen;

/// How much of a text outlives a reload: a dozen of the longest posts. In JSON a letter takes up to
/// six bytes, and the node keeps a megabyte.
pub(super) const TEXT_BYTES: usize = 128 * 1024;

/// What of a draft is kept in words. Its pictures lie beside it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Draft {
    /// What is attached beside pictures. Its bytes lie at the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attached: Option<Chosen>,
    /// Its pictures, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) pictures: Vec<Described>,
    /// Whether the person's other devices were told these words, or told them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_told: bool,
    /// The text in Markdown.
    #[serde(default)]
    pub(super) text: String,
}

/// A picture of a draft.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Described {
    /// What somebody who cannot see it is told.
    #[serde(default)]
    pub(super) alt: String,
    /// The number under which it lies beside the draft.
    pub(super) place: u8,
}

impl Draft {
    /// Reads a kept draft. One that cannot be read is shown as the text it is.
    pub(super) fn read(kept: &str) -> Self {
        let read: Result<Self, _> = serde_json::from_str(kept);
        let mut draft = read.unwrap_or_else(|_| Self { text: kept.to_owned(), ..Self::default() });
        draft.pictures.retain(|picture| usize::from(picture.place) < IMAGES);
        draft
    }

    /// Writes it, with as much of the text as is kept; nothing when there is nothing in it.
    pub(super) fn write(&self) -> String {
        if self.text.trim().is_empty() && self.pictures.is_empty() && self.attached.is_none() {
            return String::new();
        }
        let text = self.text.get(..self.text.floor_char_boundary(TEXT_BYTES)).unwrap_or_default();
        let kept = Self { text: text.to_owned(), ..self.clone() };
        serde_json::to_string(&kept).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::limits::ALT_BYTES;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn drafts_read_back() {
        let pictures = vec![Described { alt: "a cat".to_owned(), place: 5 }];
        let attached = Some(Chosen::default());
        let draft = Draft { attached, is_told: true, pictures, text: "Hi \"there\"".to_owned() };
        assert_eq!(Draft::read(&draft.write()), draft);
        assert_eq!(Draft::read("{broken").text, "{broken");
        assert_eq!(Draft::read(""), Draft::default());
        assert_eq!(Draft::default().write(), "");
        assert!(Draft::read(r#"{"pictures":[{"place":8}]}"#).pictures.is_empty());
    }

    #[test]
    fn long_drafts_are_kept_and_the_longest_fit() {
        let long = Draft { text: "é\n".repeat(20_000), ..Draft::default() };
        assert_eq!(Draft::read(&long.write()), long);
        let pictures = (0..8).map(|place| Described { alt: "\u{1}".repeat(ALT_BYTES), place });
        let (pictures, text) = (pictures.collect(), "\u{1}".repeat(999_999));
        let worst = Draft { pictures, text, ..Draft::default() };
        assert!(worst.write().len() <= 1024 * 1024);
    }
}
