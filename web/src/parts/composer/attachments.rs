//! The pictures of what is being written.

use std::collections::VecDeque;
use std::sync::Arc;

use effigy_core::limits::{ALT_BYTES, IMAGES};
use effigy_proto::{Command, Picture};
use leptos::prelude::*;
use web_sys::File;

use super::draft::Described;
use crate::app::{Handle, task};
use crate::browser::{picture, slices};
use crate::parts::avatar::Preview;

/// A picture that was added.
#[derive(Clone)]
pub(super) struct Attachment {
    /// What somebody who cannot see it is told.
    pub(super) alt: ArcRwSignal<String>,
    /// Its number in this list, never used again.
    pub(super) id: u32,
    pub(super) pixels: ArcRwSignal<Taken>,
    /// The number under which it lies beside the draft.
    place: u8,
}

/// Where the pixels of a picture are.
#[derive(Clone)]
pub(super) enum Taken {
    /// They are being read from the store.
    Coming,
    /// Here.
    Here(Arc<Picture>, Preview),
    /// The store does not have them: the file has to be added again.
    Lost,
}

/// How far the reading of files is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Reading {
    /// How many bytes all files have that were handed in together.
    pub(super) all_bytes: u64,
    /// Which file is being read, from 1.
    pub(super) at: usize,
    /// How many bytes of files have been read.
    pub(super) bytes: u64,
    /// How many were handed in together.
    pub(super) of: usize,
}

/// The pictures, in the order in which they were added.
#[derive(Clone, Copy)]
pub(super) struct Attachments {
    handle: Handle,
    list: RwSignal<Vec<Attachment>>,
    next: StoredValue<u32>,
    /// Files that wait to be read. One is read at a time: pixels need much more room than files.
    queue: StoredValue<VecDeque<File>, LocalStorage>,
    reading: RwSignal<Option<Reading>>,
    slot: StoredValue<String>,
    trouble: RwSignal<Option<&'static str>>,
}

impl Attachments {
    /// Begins with the pictures of a draft, and asks the store for them.
    pub(super) fn new(slot: String, handle: Handle, kept: Vec<Described>) -> Self {
        for picture in &kept {
            let (slot, place) = (slot.clone(), picture.place);
            // Without an answer they stay "coming", and can be removed and added again.
            let _ = handle.send(Command::LoadDraftPicture { place, slot });
        }
        let list = (0..).zip(kept).map(|(id, Described { alt, place })| Attachment {
            alt: ArcRwSignal::new(alt),
            id,
            pixels: ArcRwSignal::new(Taken::Coming),
            place,
        });
        let list: Vec<Attachment> = list.collect();
        Self {
            handle,
            next: StoredValue::new(u32::try_from(list.len()).unwrap_or(u32::MAX)),
            list: RwSignal::new(list),
            queue: StoredValue::new_local(VecDeque::new()),
            reading: RwSignal::new(None),
            slot: StoredValue::new(slot),
            trouble: RwSignal::new(None),
        }
    }

    pub(super) const fn list(self) -> RwSignal<Vec<Attachment>> {
        self.list
    }

    pub(super) fn trouble(self) -> Signal<Option<&'static str>> {
        self.trouble.into()
    }

    pub(super) fn reading(self) -> Signal<Option<Reading>> {
        self.reading.into()
    }

    pub(super) fn is_empty(self) -> bool {
        self.list.with(Vec::is_empty) && self.reading.with(Option::is_none)
    }

    /// Whether there are as many as a post may have, or will be when all is read.
    pub(super) fn is_full(self) -> bool {
        let waiting =
            self.reading.get().map_or(0, |Reading { at, of, .. }| (of + 1).saturating_sub(at));
        self.list.with(|list| list.iter().filter(|one| !one.is_lost()).count()) + waiting >= IMAGES
    }

    /// Whether any picture could be sent.
    pub(super) fn has_pictures(self) -> bool {
        self.list
            .with(|list| list.iter().any(|one| one.pixels.with(|p| matches!(p, Taken::Here(..)))))
    }

    /// How many have to be added again.
    pub(super) fn lost(self) -> usize {
        self.list.with(|list| list.iter().filter(|one| one.is_lost()).count())
    }

    /// Whether nothing is still being read, and every description fits.
    pub(super) fn may_send(self) -> bool {
        let fits = |one: &Attachment| {
            one.alt.with(|alt| alt.trim().len() <= ALT_BYTES)
                && !one.pixels.with(|pixels| matches!(pixels, Taken::Coming))
        };
        self.reading.with(Option::is_none) && self.list.with(|list| list.iter().all(fits))
    }

    pub(super) fn clear(self) {
        self.list.try_set(Vec::new());
    }

    /// What changes a draft: which pictures there are, and what is told of them.
    pub(super) fn track(self) {
        self.list.with(|list| list.iter().for_each(|attachment| attachment.alt.track()));
    }

    /// The pictures as a draft names them.
    pub(super) fn described(self) -> Vec<Described> {
        self.list.with_untracked(|list| {
            list.iter()
                .map(|one| Described { alt: one.alt.get_untracked(), place: one.place })
                .collect()
        })
    }

    /// The pictures with their descriptions, ready to be sent.
    pub(super) fn pictures(self) -> Vec<Picture> {
        let ready = |one: &Attachment| match one.pixels.get_untracked() {
            Taken::Here(picture, _) => {
                let alt = one.alt.get_untracked().trim().to_owned();
                Some(Picture { alt, ..(*picture).clone() })
            }
            Taken::Coming | Taken::Lost => None,
        };
        self.list.with_untracked(|list| list.iter().filter_map(ready).collect())
    }

    /// Takes what the store had of a draft.
    pub(super) fn came(self, place: u8, picture: Option<Picture>) {
        let found = self.list.with_untracked(|list| {
            list.iter().find(|one| one.place == place).map(|one| one.pixels.clone())
        });
        if let Some(pixels) = found
            && matches!(pixels.get_untracked(), Taken::Coming)
        {
            pixels.set(picture.map_or(Taken::Lost, taken));
        }
    }

    /// Adds files until there are as many pictures as a post may have.
    pub(super) fn add_all(self, files: impl IntoIterator<Item = File>) {
        self.trouble.set(None);
        for file in files {
            if untrack(|| self.is_full()) {
                self.trouble
                    .set(Some("A post has room for eight pictures. The rest was not added."));
                return;
            }
            let all_bytes = slices::size(&file);
            self.queue.update_value(|queue| queue.push_back(file));
            match self.reading.get_untracked() {
                Some(reading) => self.reading.set(Some(Reading {
                    all_bytes: reading.all_bytes.saturating_add(all_bytes),
                    of: reading.of + 1,
                    ..reading
                })),
                None => {
                    self.reading.set(Some(Reading { all_bytes, at: 1, bytes: 0, of: 1 }));
                    task::run(self.read_all());
                }
            }
        }
    }

    /// Reads one file after the other, so that pictures keep their order and the page its memory.
    async fn read_all(self) {
        while let Some(file) = self.queue.try_update_value(VecDeque::pop_front).flatten() {
            let made = picture::for_post(&file).await;
            // Stopped meanwhile: what was read is not wanted any more.
            let Some(Some(reading)) = self.reading.try_get_untracked() else { return };
            match made {
                Ok(picture) => self.take(picture),
                Err(why) => drop(self.trouble.try_set(Some(why.words()))),
            }
            let Reading { at, bytes, of, .. } = reading;
            let bytes = bytes.saturating_add(slices::size(&file));
            self.reading.try_set((at < of).then_some(Reading { at: at + 1, bytes, ..reading }));
        }
    }

    /// Reads no further. What was read stays.
    pub(super) fn stop_reading(self) {
        self.queue.update_value(VecDeque::clear);
        self.reading.set(None);
    }

    fn take(self, picture: Picture) {
        let taken = taken(picture);
        let Taken::Here(picture, _) = &taken else { return };
        let picture = Picture::clone(picture);
        // One that was lost and described comes back first.
        let lost = self.list.try_with_untracked(|list| {
            list.iter().find(|one| one.is_lost()).map(|one| (one.place, one.pixels.clone()))
        });
        let place = if let Some((place, pixels)) = lost.flatten() {
            pixels.set(taken);
            place
        } else {
            let Some(place) = self.append(taken) else { return };
            place
        };
        let slot = self.slot.get_value();
        // If the inbox is full, the picture outlives screens but no reload.
        let _ = self.handle.send(Command::SaveDraftPicture { picture: Some(picture), place, slot });
    }

    /// Adds a picture at the end. `None` when there is no room, or nobody writes here any more.
    fn append(self, taken: Taken) -> Option<u8> {
        let id = self.next.try_update_value(|next| {
            *next = next.wrapping_add(1);
            *next
        })?;
        let taken_places: Vec<u8> =
            self.list.try_with_untracked(|list| list.iter().map(|one| one.place).collect())?;
        let place = (0_u8..).take(IMAGES).find(|place| !taken_places.contains(place))?;
        // Not owned by a screen, because they are made after waiting, where there is none.
        let (alt, pixels) = (ArcRwSignal::new(String::new()), ArcRwSignal::new(taken));
        self.list.try_update(|list| list.push(Attachment { alt, id, pixels, place }))?;
        Some(place)
    }

    pub(super) fn remove(self, id: u32) {
        self.remove_where(|attachment| attachment.id == id);
    }

    /// Gives up those that have to be added again.
    pub(super) fn remove_lost(self) {
        self.remove_where(Attachment::is_lost);
    }

    fn remove_where(self, goes: impl Fn(&Attachment) -> bool) {
        let gone: Vec<u8> = self.list.with_untracked(|list| {
            list.iter().filter(|one| goes(one)).map(|one| one.place).collect()
        });
        self.list.update(|list| list.retain(|one| !gone.contains(&one.place)));
        for place in gone {
            let slot = self.slot.get_value();
            // What is left there is overwritten by the next one, and goes with the draft.
            let _ = self.handle.send(Command::SaveDraftPicture { picture: None, place, slot });
        }
    }
}

impl Attachment {
    pub(super) fn is_lost(&self) -> bool {
        self.pixels.with(|pixels| matches!(pixels, Taken::Lost))
    }
}

fn taken(picture: Picture) -> Taken {
    let preview = Preview::of(&picture);
    Taken::Here(Arc::new(picture), preview)
}
