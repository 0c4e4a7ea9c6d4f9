//! What a person has begun to write: kept through reload and crash, and gone with what was sent.
//!
//! A text rests under its slot. Its pictures rest beside it under names that no text can have, and
//! are read only when somebody writes on: a start does not wait for them.

use effigy_core::image::{self, ImageKind};
use effigy_core::limits::{CONTENT_BYTES, IMAGES};
use effigy_core::payload::ImageType;
use effigy_store::{Batch, Key, Range, Table};

use super::Node;
use super::state::Pending;
use crate::api::{Command, Event, Picture, Pixels, registers};
use crate::io::Output;

/// Most bytes of a draft's text: a hundred times what a post may have, so that nobody loses what
/// they paste.
const TEXT_BYTES: usize = 1024 * 1024;
/// Most bytes of a slot's name: the id of an entry has 59.
pub(super) const SLOT_BYTES: usize = 128;
/// How the names of pictures begin: no UTF-8 begins so, and all of it comes before.
const PICTURE: u8 = 0xff;

/// The texts of drafts, without their pictures.
pub(super) fn texts() -> Range {
    Range::between(Table::Drafts, [], [PICTURE])
}

impl Node {
    pub(super) fn save_draft(&mut self, slot: &str, text: &str) {
        if slot.len() > SLOT_BYTES || text.len() > TEXT_BYTES {
            return;
        }
        if text.is_empty() {
            self.drop_draft(slot);
            return;
        }
        let key = Key::new(Table::Drafts, slot.as_bytes());
        self.save(Batch::new().put(key, text.as_bytes()).strict());
    }

    /// Drops a draft with all its pictures, and what was attached in it.
    fn drop_draft(&mut self, slot: &str) {
        let mut batch = Batch::new().delete(Key::new(Table::Drafts, slot.as_bytes()));
        batch.deletes.extend((0_u8..).take(IMAGES).map(|place| picture_key(slot, place)));
        self.save(batch.strict());
        self.drop_attached_of(slot);
        self.empty_register(registers::draft(slot));
    }

    /// Does what was written in a draft. Once it is done, the draft goes with the same transaction:
    /// nobody finds both the post and its draft, or neither.
    pub(super) fn send_draft(&mut self, slot: &str, command: Command) {
        self.command(command);
        if let Some(Output::Emit(Event::Done { .. })) = self.outbox.back() {
            self.drop_draft(slot);
        }
    }

    pub(super) fn save_draft_picture(&mut self, slot: &str, place: u8, picture: Option<&Picture>) {
        if slot.len() > SLOT_BYTES || usize::from(place) >= IMAGES {
            return;
        }
        let key = picture_key(slot, place);
        let Some(picture) = picture else {
            self.save(Batch::new().delete(key).strict());
            return;
        };
        let small = picture.thumbnail.as_ref().map_or(0, |small| small.bytes.len());
        let most = usize::try_from(CONTENT_BYTES).unwrap_or(usize::MAX);
        if picture.full.bytes.len() <= most && small <= most {
            self.save(Batch::new().put(key, written(picture)).strict());
        }
    }

    pub(super) fn load_draft_picture(&mut self, slot: String, place: u8) {
        let key = picture_key(&slot, place);
        self.load(key, Pending::DraftPicture { slot, place });
    }

    pub(super) fn draft_picture_loaded(&mut self, slot: String, place: u8, bytes: Option<Vec<u8>>) {
        let picture = bytes.and_then(|bytes| read(&bytes));
        self.emit(Event::DraftPicture { picture, place, slot });
    }
}

fn picture_key(slot: &str, place: u8) -> Key {
    Key::new(Table::Drafts, [&[PICTURE], slot.as_bytes(), &[place]].concat())
}

/// How a picture rests: the length of the large one, the large one, the small one. What else is to
/// know of them stands in themselves.
fn written(picture: &Picture) -> Vec<u8> {
    let full = &picture.full.bytes;
    let length = u32::try_from(full.len()).unwrap_or(u32::MAX).to_be_bytes();
    let small = picture.thumbnail.as_ref().map_or(&[][..], |small| &small.bytes);
    [length.as_slice(), full, small].concat()
}

fn read(bytes: &[u8]) -> Option<Picture> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (full, small) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let thumbnail = if small.is_empty() { None } else { Some(pixels(small)?) };
    Some(Picture { alt: String::new(), full: pixels(full)?, thumbnail })
}

fn pixels(bytes: &[u8]) -> Option<Pixels> {
    let facts = image::inspect(bytes).ok()?;
    let image_type = match facts.kind {
        ImageKind::Jpeg => ImageType::Jpeg,
        ImageKind::Png => ImageType::Png,
        ImageKind::WebP => ImageType::Webp,
    };
    Some(Pixels { bytes: bytes.to_vec(), image_type, height: facts.height, width: facts.width })
}
