//! A video, a file or a folder below the text: read in slices while the person writes on.

mod chosen;
mod row;

use effigy_core::limits::{ALT_BYTES, COLLECTION_ITEMS, FILE_BYTES};
use effigy_proto::{Attaching, Command, ContentKind, Picture, Refusal};
use leptos::prelude::*;
use web_sys::File;

pub(super) use chosen::Chosen;
use chosen::{Form, Item};
pub(super) use row::AttachRow;

use crate::app::{Handle, Model, NotDone, error, task};
use crate::browser::film::{self, Seen};
use crate::browser::slices;
use crate::parts::avatar::Preview;

/// How many bytes are read at a time.
const SLICE: u64 = 1024 * 1024;
/// Under which number its picture lies beside the draft. Where this is, there are no other pictures.
const POSTER: u8 = 0;

/// How far an attachment is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// The browser looks what it is.
    Looking,
    /// So many bytes have been read, in the file with this number.
    Reading { came: u64, at: usize },
    /// All of it is kept.
    Ready,
    /// Nothing of it is kept, for this reason.
    Failed(Fault),
}

/// Why an attachment is not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The node said no, or the disk.
    NotDone(NotDone),
    /// It cannot be posted.
    Unfit(&'static str),
    /// The file changed or is gone.
    Unreadable,
    /// The page was reloaded before all of it was read.
    Interrupted,
}

impl Fault {
    const fn words(self) -> &'static str {
        match self {
            Self::NotDone(NotDone::Refused(Refusal::Unknown)) => {
                "Effigy was interrupted while it read this, so nothing of it is kept. Your text is."
            }
            Self::NotDone(why) => error::not_done(why),
            Self::Unfit(words) => words,
            Self::Unreadable => {
                "The file changed or is gone, so it was not attached. Your text is kept; choose the file again."
            }
            Self::Interrupted => {
                "The page was closed before all of this was read, so nothing of it is kept. Your text is; choose it again."
            }
        }
    }
}

/// What is attached beside pictures: one thing.
#[derive(Clone, Copy)]
pub(super) struct Attach {
    alt: RwSignal<String>,
    chosen: RwSignal<Option<Chosen>>,
    /// What is being read, as long as it may have to be read again.
    files: StoredValue<Vec<File>, LocalStorage>,
    handle: Handle,
    model: Model,
    poster: RwSignal<Option<(Picture, Preview)>>,
    slot: StoredValue<String>,
    step: RwSignal<Step>,
}

impl Attach {
    /// Begins with what a draft says.
    pub(super) fn new(slot: String, model: Model, handle: Handle, kept: Option<Chosen>) -> Self {
        let is_ready = kept.as_ref().is_none_or(|kept| kept.is_ready);
        let step = if is_ready { Step::Ready } else { Step::Failed(Fault::Interrupted) };
        if kept.as_ref().is_some_and(|kept| kept.is_ready && kept.has_poster()) {
            // Without an answer it is posted without a picture.
            handle.send(Command::LoadDraftPicture { place: POSTER, slot: slot.clone() });
        }
        Self {
            alt: RwSignal::new(kept.as_ref().map(|kept| kept.alt.clone()).unwrap_or_default()),
            chosen: RwSignal::new(kept),
            files: StoredValue::new_local(Vec::new()),
            handle,
            model,
            poster: RwSignal::new(None),
            slot: StoredValue::new(slot),
            step: RwSignal::new(step),
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.chosen.with(Option::is_none)
    }

    /// Whether it can be posted.
    pub(super) fn is_ready(self) -> bool {
        let fits = self.alt.with(|alt| alt.trim().len() <= ALT_BYTES);
        !self.is_empty() && self.step.get() == Step::Ready && fits
    }

    /// What changes a draft.
    pub(super) fn track(self) {
        self.alt.track();
        self.chosen.track();
    }

    /// As a draft keeps it.
    pub(super) fn kept(self) -> Option<Chosen> {
        let mut chosen = self.chosen.get_untracked()?;
        if !chosen.is_ready {
            // What was not read to the end is chosen again after a restart, and a folder can be long.
            chosen.items.clear();
        }
        Some(Chosen { alt: self.alt.get_untracked(), ..chosen })
    }

    /// What it is called.
    pub(super) fn name(self) -> Option<String> {
        self.chosen.with_untracked(|chosen| chosen.as_ref().map(|chosen| chosen.name.clone()))
    }

    /// As what it is posted; `None` when there is nothing.
    pub(super) fn what(self) -> Option<Attaching> {
        let poster = self.poster.get_untracked().map(|(picture, _)| picture);
        let alt = self.alt.get_untracked().trim().to_owned();
        self.chosen.get_untracked()?.what(alt, poster)
    }

    /// It was posted.
    pub(super) fn clear(self) {
        self.chosen.try_set(None);
        self.alt.try_set(String::new());
        self.poster.try_set(None);
        self.step.try_set(Step::Ready);
        self.files.try_set_value(Vec::new());
    }

    /// Takes what the store had of a draft. Tells whether it is its picture.
    pub(super) fn came(self, place: u8, picture: Option<&Picture>) -> bool {
        let is_its = place == POSTER && self.chosen.with_untracked(Option::is_some);
        if is_its && let Some(picture) = picture {
            self.poster.set(Some((picture.clone(), Preview::of(picture))));
        }
        is_its
    }

    /// Drops it, and what of it is kept.
    fn cancel(self) {
        self.drop_kept();
        self.clear();
    }

    fn drop_kept(self) {
        let Some(chosen) = self.chosen.get_untracked() else { return };
        let uploads = chosen.items.iter().map(|item| item.upload).collect();
        // What is not heard goes with the draft, or with the next start.
        self.handle.send(Command::CancelAttached { uploads });
        if chosen.has_poster() {
            let (slot, place) = (self.slot.get_value(), POSTER);
            self.handle.send(Command::SaveDraftPicture { picture: None, place, slot });
        }
    }

    /// Begins to read what was chosen: one file, or all of a folder.
    pub(super) fn begin(self, files: Vec<File>, is_folder: bool) {
        self.cancel();
        self.files.set_value(files.clone());
        let form = if is_folder { Form::Folder } else { Form::File };
        self.start(files, form, is_folder);
    }

    /// Reads it once more, after something went wrong.
    fn again(self) {
        let is_folder = self.chosen.with_untracked(|chosen| {
            chosen.as_ref().is_some_and(|chosen| chosen.form == Form::Folder)
        });
        self.begin(self.files.get_value(), is_folder);
    }

    /// Reads a video that cannot be posted as one.
    fn as_file(self) {
        let files = self.files.get_value();
        self.cancel();
        self.files.set_value(files.clone());
        self.start(files, Form::File, true);
    }

    fn start(self, files: Vec<File>, form: Form, as_it_is: bool) {
        let chosen = Chosen::of(&files, form);
        let (first, fits) = (chosen.first(), chosen.fits());
        self.chosen.set(Some(chosen));
        if let Err(why) = fits {
            return self.step.set(Step::Failed(Fault::Unfit(why)));
        }
        self.step.set(Step::Looking);
        task::run(async move {
            let done = self.read(&files, first, as_it_is).await;
            if !self.is_still(first) {
                return;
            }
            let step = match done {
                Ok(()) => Step::Ready,
                Err(why) => {
                    self.drop_kept();
                    Step::Failed(why)
                }
            };
            self.chosen.try_update(|chosen| {
                if let Some(chosen) = chosen {
                    chosen.is_ready = step == Step::Ready;
                }
            });
            self.step.try_set(step);
        });
    }

    /// Whether what is attached is still what began with this number.
    fn is_still(self, first: Option<u64>) -> bool {
        let now = self.chosen.try_with_untracked(|now| now.as_ref().and_then(Chosen::first));
        first.is_some() && now.flatten() == first
    }

    async fn read(self, files: &[File], first: Option<u64>, as_it_is: bool) -> Result<(), Fault> {
        if !as_it_is && let [file] = files {
            self.look(file, first).await;
        }
        let Some(Some(chosen)) = self.chosen.try_get_untracked() else { return Ok(()) };
        // The node compares it with the room that there is.
        self.model.costs().tell(self.handle).await;
        let mut before = 0_u64;
        for (at, item) in chosen.items.iter().enumerate() {
            let Some(file) = files.get(item.file) else { continue };
            if !self.is_still(first) {
                break;
            }
            self.read_one(file, item, chosen.kind(), (at, before, first)).await?;
            before = before.saturating_add(item.size);
        }
        Ok(())
    }

    /// Looks whether it is a video.
    async fn look(self, file: &File, first: Option<u64>) {
        let Some(Seen { duration, height, kind, poster, width }) = film::look(file).await else {
            return;
        };
        if !self.is_still(first) {
            return;
        }
        if let Some(picture) = &poster {
            let (slot, picture) = (self.slot.get_value(), Some(picture.clone()));
            // If the inbox is full, it outlives screens but no reload.
            self.handle.send(Command::SaveDraftPicture { picture, place: POSTER, slot });
        }
        let has_poster = poster.is_some();
        self.poster.try_set(poster.map(|poster| {
            let preview = Preview::of(&poster);
            (poster, preview)
        }));
        self.chosen.try_update(|chosen| {
            if let Some(chosen) = chosen {
                chosen.form = Form::Video { duration, has_poster, height, kind, width };
            }
        });
    }

    async fn read_one(
        self,
        file: &File,
        item: &Item,
        kind: ContentKind,
        (at, before, first): (usize, u64, Option<u64>),
    ) -> Result<(), Fault> {
        let Item { size, upload, .. } = *item;
        let slot = self.slot.get_value();
        let begun = |ticket| Command::Attach { kind, size, slot, ticket, upload };
        self.handle.request(begun).await.map_err(Fault::NotDone)?;
        let mut came = 0_u64;
        while came < size {
            if !self.is_still(first) {
                return Ok(());
            }
            let to = came.saturating_add(SLICE).min(size);
            let bytes = slices::slice(file, came, to).await.ok_or(Fault::Unreadable)?;
            let sent = |ticket| Command::AttachBytes { bytes, ticket, upload };
            self.handle.request(sent).await.map_err(Fault::NotDone)?;
            came = to;
            if self.is_still(first) {
                self.step.try_set(Step::Reading { came: before.saturating_add(came), at });
            }
        }
        Ok(())
    }
}

/// Whether a file is a picture, which goes another way.
pub(super) fn is_picture(file: &File) -> bool {
    matches!(file.type_().as_str(), "image/jpeg" | "image/png" | "image/webp")
}

impl Chosen {
    /// Whether all of it may be posted together.
    ///
    /// # Errors
    /// The sentence that says why not.
    fn fits(&self) -> Result<(), &'static str> {
        let total = self.size();
        if self.items.is_empty() {
            return Err("There is nothing in it, so there is nothing to post. Choose another one.");
        }
        if self.items.len() > COLLECTION_ITEMS {
            return Err(
                "A folder of a post has room for a hundred files. Pack it into one file and attach that.",
            );
        }
        if total > FILE_BYTES {
            return Err("It is larger than 16 GB, which is the most that one post may carry.");
        }
        if !self.has_fit_names() {
            return Err(
                "A file in this folder lies too deep or has a name that another one has, too. Pack it into one file and attach that.",
            );
        }
        Ok(())
    }
}
