//! What is being written. It lies on the desk, so it outlives the form that shows it.

use std::rc::Rc;

use effigy_core::limits::TEXT_BYTES;
use effigy_proto::{Command, Picture};
use leptos::prelude::*;

use super::Purpose;
use super::attachments::Attachments;
use super::draft::{self, Draft};
use crate::app::{Answer, Handle, Model, Sheet, error, task};

/// A post or an answer before it is sent.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) attachments: Attachments,
    pub(super) purpose: Purpose,
    pub(super) sending: RwSignal<bool>,
    pub(super) text: RwSignal<String>,
    /// What went wrong last.
    pub(super) trouble: RwSignal<Option<&'static str>>,
    handle: Handle,
    model: Model,
}

impl Sheet for Writing {
    fn holds(&self) -> bool {
        !untrack(|| self.is_empty())
    }

    fn picture_came(&self, place: u8, picture: Option<Picture>) {
        self.attachments.came(place, picture);
    }

    fn written(&self) -> Option<String> {
        if self.sending.get_untracked() {
            return None;
        }
        let text = self.text.get_untracked();
        Some(Draft { pictures: self.attachments.described(), text }.write())
    }
}

impl Writing {
    /// Goes on with what lies on the desk, for as long as the calling form lives.
    pub(super) fn take_up(purpose: Purpose, model: Model, handle: Handle) -> Rc<Self> {
        let slot = purpose.slot();
        model.desk().take_up(&slot, handle, |kept| Self::begin(purpose, model, handle, kept))
    }

    fn begin(purpose: Purpose, model: Model, handle: Handle, kept: &str) -> Self {
        let Draft { pictures, text } = Draft::read(kept);
        let writing = Self {
            attachments: Attachments::new(purpose.slot(), handle, pictures),
            purpose,
            sending: RwSignal::new(false),
            text: RwSignal::new(text),
            trouble: RwSignal::new(None),
            handle,
            model,
        };
        model.desk().save_changes(&purpose.slot(), handle, move || {
            writing.text.track();
            writing.attachments.track();
        });
        writing
    }

    pub(super) fn is_empty(self) -> bool {
        self.text.with(|text| text.trim().is_empty()) && self.attachments.is_empty()
    }

    pub(super) fn bytes_left(self) -> isize {
        let used = self.text.with(String::len);
        TEXT_BYTES.cast_signed().saturating_sub(used.cast_signed())
    }

    /// Whether some of the text would not outlive a reload.
    pub(super) fn is_beyond_keeping(self) -> bool {
        self.text.with(String::len) > draft::TEXT_BYTES
    }

    pub(super) fn may_send(self) -> bool {
        let has_text = self.text.with(|text| !text.trim().is_empty());
        (has_text || self.attachments.has_pictures())
            && !self.sending.get()
            && self.bytes_left() >= 0
            && self.attachments.may_send()
    }

    /// Sends it. `done` is called when it is durable, unless the form is gone by then.
    pub(super) fn send(self, done: Callback<()>) {
        if !untrack(|| self.may_send()) {
            return;
        }
        self.sending.set(true);
        self.trouble.set(None);
        task::run(async move {
            let answer = self.request().await;
            match answer {
                Ok(_) => {
                    self.model.desk().sent(&self.purpose.slot());
                    self.attachments.clear();
                    self.text.try_set(String::new());
                    // Who has gone elsewhere meanwhile stays there, and is told all the same.
                    if done.try_run(()).is_none() {
                        self.model.toasts().note(self.purpose.sent());
                    }
                }
                Err(why) => {
                    self.trouble.try_set(Some(error::not_done(why)));
                    if !self.model.desk().is_shown(&self.purpose.slot()) {
                        self.model.toasts().trouble(error::not_done(why));
                    }
                }
            }
            self.sending.try_set(false);
        });
    }

    async fn request(self) -> Answer {
        let text = self.text.get_untracked();
        let pictures = self.attachments.pictures();
        let slot = self.purpose.slot();
        let send = |ticket| {
            let command = Box::new(match self.purpose {
                Purpose::Answer { parent, root } => {
                    Command::Comment { parent, pictures, root, text, ticket }
                }
                Purpose::Post => Command::Publish { pictures, text, ticket },
            });
            Command::SendDraft { command, slot }
        };
        self.handle.request(send).await
    }
}
