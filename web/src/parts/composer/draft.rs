//! Drafts: kept on every change, so that neither a reload nor a crash takes them.

use std::time::Duration;

use effigy_proto::Command;
use leptos::ev;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Purpose, Writing};
use crate::app::{Handle, Model};
use crate::browser::page;

/// How long a pause in typing is, after which the draft is written down.
const PAUSE: Duration = Duration::from_millis(400);
/// Longer drafts are cut: the engine keeps no more than 32 KiB, and JSON may double what is in it.
const TEXT_BYTES: usize = 12_000;

/// What of a draft is kept. Pictures are too large for it: only their descriptions are.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Draft {
    /// The descriptions of the pictures that have to be added again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost_pictures: Vec<String>,
    /// The text in Markdown.
    #[serde(default)]
    pub(super) text: String,
}

impl Draft {
    /// Reads a kept draft. One that cannot be read is shown as the text it is.
    pub(super) fn read(kept: &str) -> Self {
        serde_json::from_str(kept)
            .unwrap_or_else(|_| Self { lost_pictures: Vec::new(), text: kept.to_owned() })
    }

    /// Writes it; an empty text drops the draft.
    fn write(&self) -> String {
        if self.text.trim().is_empty() && self.lost_pictures.is_empty() {
            return String::new();
        }
        let cut = self.text.floor_char_boundary(TEXT_BYTES);
        let kept =
            Self { text: self.text.get(..cut).unwrap_or_default().to_owned(), ..self.clone() };
        serde_json::to_string(&kept).unwrap_or_default()
    }
}

/// Keeps the draft on every change, at the latest when the page is left.
pub(super) fn keep(writing: Writing, model: Model, handle: Handle, unsent: RwSignal<usize>) {
    let slot = StoredValue::new(writing.purpose.slot());
    let kept = StoredValue::new(model.draft(&slot.get_value()).unwrap_or_default());
    let write = move || {
        let draft = Draft {
            lost_pictures: writing.attachments.descriptions(),
            text: writing.text.get_untracked(),
        };
        let text = draft.write();
        if kept.with_value(|kept| *kept == text) {
            return;
        }
        slot.with_value(|slot| {
            model.keep_draft(slot, text.clone());
            if handle.send(Command::SaveDraft { slot: slot.clone(), text: text.clone() }) {
                kept.set_value(text);
            }
        });
    };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    Effect::new(move |before: Option<()>| {
        writing.text.track();
        writing.attachments.track();
        if before.is_some() {
            stop();
            timer.set_value(set_timeout_with_handle(write, PAUSE).ok());
        }
    });
    page::listen(ev::visibilitychange, move |_| write());
    count_unsent(writing, unsent);
    on_cleanup(move || {
        stop();
        write();
    });
}

/// Counts this composer among those that hold something, for as long as it does.
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

/// Drops the draft of something that was sent.
pub(super) fn drop_kept(purpose: Purpose, model: Model, handle: Handle) {
    let slot = purpose.slot();
    model.keep_draft(&slot, String::new());
    // If the inbox is full, the draft comes back once more, which is better than losing one.
    let _ = handle.send(Command::SaveDraft { slot, text: String::new() });
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn drafts_read_back() {
        let draft =
            Draft { lost_pictures: vec!["a cat".to_owned()], text: "Hi \"there\"".to_owned() };
        assert_eq!(Draft::read(&draft.write()), draft);
        assert_eq!(Draft::read("{broken").text, "{broken");
        assert_eq!(Draft::default().write(), "");
    }

    #[test]
    fn long_drafts_fit() {
        let draft = Draft { lost_pictures: Vec::new(), text: "é\n".repeat(20_000) };
        assert!(draft.write().len() <= 32 * 1024);
    }
}
