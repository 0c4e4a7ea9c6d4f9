//! What is being changed. It lies on the desk, so that no reload and no crash takes it.

use std::rc::Rc;

use effigy_core::limits::ABOUT_BYTES;
use effigy_core::payload::Profile;
use effigy_core::text::clean_name;
use effigy_proto::{Command, Picture, PictureChange};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::app::{Handle, Model, Sheet, error, task};
use crate::browser::page;

/// The name under which the draft is kept.
const SLOT: &str = "profile";
/// The number under which its picture lies beside it.
const PICTURE: u8 = 0;

/// What is in the form.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) about: RwSignal<String>,
    pub(super) busy: RwSignal<bool>,
    pub(super) chosen: RwSignal<Option<Picture>>,
    pub(super) name: RwSignal<String>,
    pub(super) removed: RwSignal<bool>,
    pub(super) trouble: RwSignal<Option<&'static str>>,
    handle: Handle,
    /// What the profile says as it is.
    known: StoredValue<Profile>,
    model: Model,
}

/// How it rests in the store.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
struct Draft {
    about: String,
    name: String,
    /// Whether a picture lies beside it.
    picture: bool,
    removed: bool,
}

impl Sheet for Form {
    fn holds(&self) -> bool {
        untrack(|| self.is_changed())
    }

    fn picture_came(&self, _place: u8, picture: Option<Picture>) {
        if self.chosen.with_untracked(Option::is_none) {
            self.chosen.set(picture);
        }
    }

    fn written(&self) -> Option<String> {
        if self.busy.get_untracked() {
            return None;
        }
        if !self.holds() {
            return Some(String::new());
        }
        let draft = Draft {
            about: self.about.get_untracked(),
            name: self.name.get_untracked(),
            picture: self.chosen.with_untracked(Option::is_some),
            removed: self.removed.get_untracked(),
        };
        serde_json::to_string(&draft).ok()
    }
}

impl Form {
    /// Goes on with what lies on the desk, or begins with the profile as it is.
    pub(super) fn take_up(known: Profile, model: Model, handle: Handle) -> Rc<Self> {
        model.desk().take_up(SLOT, handle, |kept| Self::begin(known, model, handle, kept))
    }

    fn begin(known: Profile, model: Model, handle: Handle, kept: &str) -> Self {
        let as_it_is =
            Draft { about: known.about.clone(), name: known.name.clone(), ..Draft::default() };
        let draft = serde_json::from_str(kept).unwrap_or(as_it_is);
        let form = Self {
            about: RwSignal::new(draft.about),
            busy: RwSignal::new(false),
            chosen: RwSignal::new(None),
            name: RwSignal::new(draft.name),
            removed: RwSignal::new(draft.removed),
            trouble: RwSignal::new(None),
            handle,
            known: StoredValue::new(known),
            model,
        };
        if draft.picture {
            // Without an answer it has to be chosen again.
            let _ =
                handle.send(Command::LoadDraftPicture { place: PICTURE, slot: SLOT.to_owned() });
        }
        let track = move || {
            form.about.track();
            form.name.track();
            form.removed.track();
            form.chosen.track();
        };
        model.desk().save_changes(SLOT, handle, track);
        let picture =
            Signal::derive(move || form.chosen.get().filter(|_| !form.busy.get_untracked()));
        model.desk().save_picture(SLOT, PICTURE, handle, picture);
        form
    }

    fn is_changed(self) -> bool {
        self.known.with_value(|known| {
            self.about.with(|about| about.trim() != known.about)
                || self.name.with(|name| *name != known.name)
                || self.removed.get()
                || self.chosen.with(Option::is_some)
        })
    }

    /// How many bytes of words about oneself are left: bytes are what everybody's app counts.
    pub(super) fn about_left(self) -> isize {
        let used = self.about.with(|about| about.trim().len());
        ABOUT_BYTES.cast_signed().saturating_sub(used.cast_signed())
    }

    fn picture(self) -> PictureChange {
        match self.chosen.get_untracked() {
            Some(picture) => PictureChange::Replace(picture),
            None if self.removed.get_untracked() => PictureChange::Remove,
            None => PictureChange::Keep,
        }
    }

    pub(super) fn save(self) {
        let name = clean_name(&self.name.get_untracked());
        if name.is_empty() {
            self.trouble.set(Some("Please enter a name. Any name will do."));
            return;
        }
        let picture = self.picture();
        let about = self.about.get_untracked().trim().to_owned();
        self.busy.set(true);
        task::run(async move {
            let saved = Profile { about: about.clone(), name: name.clone(), picture: None };
            let command = |ticket| {
                let command = Box::new(Command::EditProfile { about, name, picture, ticket });
                Command::SendDraft { command, slot: SLOT.to_owned() }
            };
            match self.handle.request(command).await {
                Ok(_) => {
                    self.model.desk().sent(SLOT);
                    self.rest(saved);
                    self.model.toasts().note("Your profile is saved.");
                    page::back("#/you");
                }
                Err(why) => drop(self.trouble.try_set(Some(error::not_done(why)))),
            }
            self.busy.try_set(false);
        });
    }

    /// What was saved is how it is.
    fn rest(self, saved: Profile) {
        self.known.try_set_value(saved.clone());
        self.name.try_set(saved.name);
        self.about.try_set(saved.about);
        self.removed.try_set(false);
        self.chosen.try_set(None);
        self.trouble.try_set(None);
    }
}
