//! What is being written. It lies on the desk, so it outlives the form that shows it.

use std::rc::Rc;

use effigy_core::limits::TEXT_BYTES;
use effigy_proto::{Command, Picture};
use leptos::prelude::*;
use web_sys::File;

use super::Purpose;
use super::attach::{Attach, is_picture};
use super::attachments::Attachments;
use super::draft::{self, Draft};
use crate::app::{Answer, Handle, Model, Sheet, error, task};

/// What a post carries beside its words.
const EITHER: &str = "A post has either pictures, or one video, file or folder. Nothing was added; put it into a post of its own.";

/// A post or an answer before it is sent.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) attach: Attach,
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
        if self.attach.came(place, picture.as_ref()) {
            return;
        }
        self.attachments.came(place, picture);
    }

    fn written(&self) -> Option<String> {
        if self.sending.get_untracked() {
            return None;
        }
        let text = self.text.get_untracked();
        let (attached, pictures) = (self.attach.kept(), self.attachments.described());
        Some(Draft { attached, pictures, text }.write())
    }
}

impl Writing {
    /// Goes on with what lies on the desk, for as long as the calling form lives.
    pub(super) fn take_up(purpose: Purpose, model: Model, handle: Handle) -> Rc<Self> {
        let slot = purpose.slot();
        model.desk().take_up(&slot, handle, |kept| Self::begin(purpose, model, handle, kept))
    }

    fn begin(purpose: Purpose, model: Model, handle: Handle, kept: &str) -> Self {
        let Draft { attached, pictures, text } = Draft::read(kept);
        let slot = purpose.slot();
        let writing = Self {
            attach: Attach::new(slot.clone(), model, handle, attached),
            attachments: Attachments::new(slot, handle, pictures),
            purpose,
            sending: RwSignal::new(false),
            text: RwSignal::new(text),
            trouble: RwSignal::new(None),
            handle,
            model,
        };
        model.desk().save_changes(&purpose.slot(), handle, move || {
            writing.text.track();
            writing.attach.track();
            writing.attachments.track();
        });
        writing
    }

    /// Takes files: pictures as pictures, one other by itself, several as a folder.
    pub(super) fn take(self, files: Vec<File>) {
        self.trouble.set(None);
        let (pictures, others): (Vec<File>, Vec<File>) = files.into_iter().partition(is_picture);
        if others.is_empty() {
            self.take_pictures(pictures);
        } else if pictures.is_empty() {
            let is_folder = others.len() > 1;
            self.enclose(others, is_folder);
        } else {
            self.trouble.set(Some(EITHER));
        }
    }

    /// Takes files that were chosen as pictures: what is none says so.
    pub(super) fn take_pictures(self, files: Vec<File>) {
        self.trouble.set(None);
        if untrack(|| self.attach.is_empty()) {
            self.attachments.add_all(files);
        } else if !files.is_empty() {
            self.trouble.set(Some(EITHER));
        }
    }

    /// Takes all files of a folder, as they are.
    pub(super) fn take_folder(self, files: Vec<File>) {
        self.trouble.set(None);
        if !files.is_empty() {
            self.enclose(files, true);
        }
    }

    fn enclose(self, files: Vec<File>, is_folder: bool) {
        if self.purpose != Purpose::Post {
            self.trouble.set(Some(
                "A reply has room for pictures only. Put videos and files into a post of their own.",
            ));
        } else if !untrack(|| self.attachments.is_empty()) {
            self.trouble.set(Some(EITHER));
        } else {
            self.attach.begin(files, is_folder);
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.text.with(|text| text.trim().is_empty())
            && self.attachments.is_empty()
            && self.attach.is_empty()
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
        let has_attached = self.attach.is_ready();
        (has_text || self.attachments.has_pictures() || has_attached)
            && (has_attached || self.attach.is_empty())
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
                    self.attach.clear();
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
        let what = self.attach.what();
        let slot = self.purpose.slot();
        let send = |ticket| {
            let command = Box::new(match self.purpose {
                Purpose::Answer { parent, root } => {
                    Command::Comment { parent, pictures, root, text, ticket }
                }
                Purpose::Post => match what {
                    Some(what) => Command::PublishAttached { text, ticket, what: Box::new(what) },
                    None => Command::Publish { pictures, text, ticket },
                },
            });
            Command::SendDraft { command, slot }
        };
        self.handle.request(send).await
    }
}
