//! What is being written. It lies on the desk, so it outlives the form that shows it.

use std::rc::Rc;

use effigy_core::Identity;
use effigy_core::limits::TEXT_BYTES;
use effigy_proto::{Agreed, Command, Picture, registers};
use leptos::prelude::*;
use web_sys::File;

use super::Purpose;
use super::attach::{Attach, is_picture};
use super::attachments::Attachments;
use super::draft::{self, Draft};
use super::elsewhere::{Left, Shared};
use crate::app::{Answer, Handle, Model, Sheet, agree, error, task};

/// What a post carries beside its words.
const EITHER: &str = "A post has either pictures, or one video, file or folder. Nothing was added; put it into a post of its own.";

/// A post or an answer before it is sent.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) attach: Attach,
    pub(super) attachments: Attachments,
    /// What of it lies on which device.
    pub(super) left: RwSignal<Vec<Left>>,
    /// A draft of it that another device wrote without knowing this one, until the person has chosen.
    pub(super) other: RwSignal<Option<(Identity, Shared)>>,
    pub(super) purpose: Purpose,
    pub(super) sending: RwSignal<bool>,
    pub(super) text: RwSignal<String>,
    /// What went wrong last.
    pub(super) trouble: RwSignal<Option<&'static str>>,
    handle: Handle,
    model: Model,
    /// What the other devices were told last, or told this one.
    told: StoredValue<Shared>,
    /// Whether the other devices could not be told what was written last.
    is_unsaid: StoredValue<bool>,
}

impl Sheet for Writing {
    fn holds(&self) -> bool {
        !untrack(|| self.is_empty())
    }

    fn agreed(&self, agreed: &Agreed) {
        let is_own = Some(agreed.by) == self.model.device();
        if is_own || self.sending.get_untracked() {
            if is_own {
                self.other.set(None);
            }
            return;
        }
        let theirs = Shared::read(&agreed.value);
        let text = self.text.get_untracked();
        let is_as_told = self.told.with_value(|told| told.text == text);
        let is_known = agreed.unseen.is_none() && is_as_told;
        self.left.set(theirs.left.clone());
        if is_known || text.trim().is_empty() || text == theirs.text {
            self.take_over(theirs);
        } else if !theirs.text.trim().is_empty() {
            self.other.set(Some((agreed.by, theirs)));
        }
    }

    fn picture_came(&self, place: u8, picture: Option<Picture>) {
        if self.attach.came(place, picture.as_ref()) {
            return;
        }
        self.attachments.came(place, picture);
    }

    fn shared(&self) -> Option<String> {
        // Before the person has chosen, nothing takes the place of what the other device has.
        if self.other.with_untracked(Option::is_some) {
            return None;
        }
        let shared = self.as_shared();
        let is_told = self.told.with_value(|told| *told == shared);
        if is_told || shared == Shared::default() {
            return None;
        }
        let value = shared.write()?;
        self.told.set_value(shared);
        self.is_unsaid.set_value(false);
        Some(value)
    }

    fn not_shared(&self) {
        self.is_unsaid.set_value(true);
        self.told.set_value(Shared::default());
    }

    fn written(&self) -> Option<String> {
        if self.sending.get_untracked() {
            return None;
        }
        let text = self.text.get_untracked();
        let (attached, pictures) = (self.attach.kept(), self.attachments.described());
        let is_settled = self.other.with_untracked(Option::is_none);
        let is_told =
            is_settled && !self.is_unsaid.get_value() && self.as_shared().write().is_some();
        Some(Draft { attached, is_told, pictures, text }.write())
    }
}

impl Writing {
    /// Goes on with what lies on the desk, for as long as the calling form lives.
    pub(super) fn take_up(purpose: Purpose, model: Model, handle: Handle) -> Rc<Self> {
        let slot = purpose.slot();
        model.desk().take_up(&slot, handle, |kept| Self::begin(purpose, model, handle, kept))
    }

    fn begin(purpose: Purpose, model: Model, handle: Handle, kept: &str) -> Self {
        let Draft { attached, is_told, pictures, text } = Draft::read(kept);
        let told = if is_told { text.clone() } else { String::new() };
        let slot = purpose.slot();
        let writing = Self {
            attach: Attach::new(slot.clone(), model, handle, attached),
            attachments: Attachments::new(slot, handle, pictures),
            left: RwSignal::new(Vec::new()),
            other: RwSignal::new(None),
            purpose,
            sending: RwSignal::new(false),
            told: StoredValue::new(Shared { left: Vec::new(), text: told }),
            is_unsaid: StoredValue::new(false),
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

    /// As the other devices get to know it.
    fn as_shared(self) -> Shared {
        let shared = Shared { left: self.left.get_untracked(), text: self.text.get_untracked() };
        let Some(device) = self.model.device() else { return shared };
        let name = self.attach.name();
        shared.with(Left { device, name, pictures: self.attachments.described().len() })
    }

    /// The text becomes what another device has written. What is attached here stays.
    fn take_over(self, theirs: Shared) {
        self.other.set(None);
        if self.text.get_untracked() != theirs.text {
            self.text.set(theirs.text);
        }
        self.told.set_value(self.as_shared());
        self.is_unsaid.set_value(false);
    }

    /// The person chose the other draft.
    pub(super) fn take_other(self) {
        if let Some((_, theirs)) = self.other.get_untracked() {
            self.take_over(theirs);
            self.say_again();
        }
    }

    /// The person wants both texts, one below the other.
    pub(super) fn add_other(self) {
        if let Some((_, theirs)) = self.other.get_untracked() {
            self.other.set(None);
            self.text.update(|text| *text = format!("{}\n\n{}", text.trim_end(), theirs.text));
            self.say_again();
        }
    }

    /// The person goes on with what stands here.
    pub(super) fn keep_own(self) {
        self.other.set(None);
        self.say_again();
    }

    /// What the person chose is what counts on all devices.
    fn say_again(self) {
        if let Some(value) = self.as_shared().write() {
            self.told.set_value(self.as_shared());
            agree(self.model, self.handle, registers::draft(&self.purpose.slot()), &value);
        }
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
