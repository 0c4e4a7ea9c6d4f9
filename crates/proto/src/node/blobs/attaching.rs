//! What this person attaches: it comes in slices, is cut and kept as it comes, and counts once it is
//! published. What came whole outlives a restart as long as the draft does to which it belongs.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::blob::{Cut, Cutter, Shape};
use effigy_core::limits::{FILE_BYTES, MANIFEST_ITEMS};
use effigy_core::payload::{Collection, File, Film, Item, Video};
use effigy_core::text::clean_file_name;
use effigy_core::video::{Cleaner, VideoType};
use effigy_core::{Blob, Cid, Payload};
use effigy_store::{Batch, Key, Table};
use serde::{Deserialize, Serialize};

use super::blob_key;
use super::large::WHOLE;
use super::tree::{bits_key, large_key};
use crate::api::{Attaching, ContentKind, Named, Refusal};
use crate::node::Node;
use crate::node::drafts::SLOT_BYTES;
use crate::node::state::{ContentState, Here};

/// Most attachments that come at a time.
pub(in crate::node) const UPLOADS: usize = 128;
/// What stays free on a device, for entries and what others give: an attachment must not take it.
const SPARE: u64 = 16 * 1024 * 1024;

/// The record of an attachment that says what it is, once all of it came. The others name its blobs.
const SUMMARY: u32 = u32::MAX;

/// An attachment that comes.
#[derive(Debug, Default)]
pub(in crate::node) struct Upload {
    kind: ContentKind,
    /// The draft to which it belongs.
    slot: String,
    /// How many bytes it has as it was said, and how many came.
    size: u64,
    came: u64,
    cleaner: Option<Cleaner>,
    cutter: Option<Cutter>,
    /// Its parts: the name of each, and how many bytes its list has.
    parts: Vec<(Cid, u32)>,
    /// How many bytes the list of parts has, where there is one.
    root: u32,
    /// How many pieces came of the part that is being cut.
    pieces: usize,
    /// Its blobs, and of each whether it is here for nothing that was published; and how many records
    /// say so.
    names: BTreeMap<Cid, bool>,
    records: u32,
    done: Option<Cut>,
}

/// What is written down of an attachment that came whole.
#[derive(Deserialize, Serialize)]
struct Summary {
    cid: Cid,
    parts: Vec<(Cid, u32)>,
    root: u32,
    size: u64,
    slot: String,
    video: Option<VideoType>,
}

/// Names blobs that are here for an attachment: a start drops them, unless it came whole and its draft
/// is there.
fn upload_key(upload: u64, record: u32) -> Key {
    let place = [upload.to_be_bytes().as_slice(), &record.to_be_bytes()].concat();
    Key::new(Table::Meta, [b"upload/".as_slice(), &place].concat())
}

impl Node {
    /// An attachment is to come. Refused before anything of it is kept, if there is no room for it.
    pub(in crate::node) fn attach(
        &mut self,
        upload: u64,
        kind: ContentKind,
        size: u64,
        slot: String,
    ) -> Result<Option<Cid>, Refusal> {
        self.may_write()?;
        if size == 0 {
            return Err(Refusal::Empty);
        }
        if size > FILE_BYTES || slot.len() > SLOT_BYTES {
            return Err(Refusal::TooLong);
        }
        let open = self.attached.values().map(|upload| upload.size.saturating_sub(upload.came));
        let promised = open.fold(size, u64::saturating_add);
        let free = self.conditions.free.map(|free| free.saturating_sub(SPARE));
        if free.is_some_and(|free| promised > free) || self.attached.len() >= UPLOADS {
            return Err(Refusal::NoRoom);
        }
        let cleaner = match kind {
            ContentKind::Video(kind) => Some(Cleaner::new(kind)),
            ContentKind::File => None,
            ContentKind::Picture => return Err(Refusal::Picture),
        };
        self.drop_attached(upload);
        let cutter = Some(Cutter::default());
        let begun = Upload { kind, slot, size, cleaner, cutter, ..Upload::default() };
        self.attached.insert(upload, begun);
        Ok(None)
    }

    /// The next bytes of an attachment.
    pub(in crate::node) fn attach_bytes(
        &mut self,
        upload: u64,
        bytes: &[u8],
    ) -> Result<Option<Cid>, Refusal> {
        let taken = self.take_slice(upload, bytes);
        if taken.is_err() {
            self.drop_attached(upload);
        }
        taken.map(|()| None)
    }

    fn take_slice(&mut self, number: u64, bytes: &[u8]) -> Result<(), Refusal> {
        let upload = self.attached.get_mut(&number).ok_or(Refusal::Unknown)?;
        upload.came = upload.came.saturating_add(bytes.len() as u64);
        if upload.came > upload.size {
            return Err(Refusal::TooLong);
        }
        let free = self.conditions.free.as_mut();
        free.into_iter().for_each(|free| *free = free.saturating_sub(bytes.len() as u64));
        let clean = match &mut upload.cleaner {
            Some(cleaner) => cleaner.push(bytes).map_err(|_| Refusal::Video)?,
            None => bytes.to_vec(),
        };
        let cutter = upload.cutter.as_mut().ok_or(Refusal::Unknown)?;
        let mut blobs = cutter.push(&clean).map_err(|_| Refusal::TooLong)?;
        if upload.came == upload.size {
            let cleaned = upload.cleaner.take().map_or(Ok(()), Cleaner::finish);
            cleaned.map_err(|_| Refusal::Video)?;
            let cutter = upload.cutter.take().ok_or(Refusal::Unknown)?;
            let (last, cut) = cutter.finish().map_err(|_| Refusal::TooLong)?;
            blobs.extend(last);
            upload.done = Some(cut);
        }
        for blob in &blobs {
            upload.note(blob);
        }
        self.keep_attached(number, &blobs);
        Ok(())
    }

    /// Keeps blobs, and says for what they are here, in one transaction.
    fn keep_attached(&mut self, number: u64, blobs: &[Blob]) {
        // What is here already counts, too: who has it now may take it away before this is published.
        let mark = |blob: &Blob| (blob.cid(), self.held(&blob.cid()).is_none());
        let all: BTreeMap<Cid, bool> = blobs.iter().map(mark).collect();
        let Some(upload) = self.attached.get_mut(&number) else { return };
        let mut batch = Batch::new();
        for blob in blobs.iter().filter(|blob| all.get(&blob.cid()) == Some(&true)) {
            batch = batch.put(blob_key(&blob.cid()), blob.bytes());
        }
        if !all.is_empty() {
            batch = batch.put(upload_key(number, upload.records), names(&all));
            upload.records = upload.records.saturating_add(1);
        }
        upload.names.extend(all);
        if let Some(summary) = upload.summary() {
            batch = batch.put(upload_key(number, SUMMARY), summary);
        }
        self.save(batch.strict());
    }

    /// Whether a blob is here for an attachment that comes.
    pub(super) fn is_uploading(&self, cid: &Cid) -> bool {
        self.attached.values().any(|upload| upload.names.contains_key(cid))
    }

    /// An attachment is not wanted after all.
    pub(in crate::node) fn drop_attached(&mut self, number: u64) {
        let Some(upload) = self.attached.remove(&number) else { return };
        let mut batch = Batch::new();
        batch.deletes.extend(upload.keys(number));
        for (cid, _) in upload.names.iter().filter(|(_, is_alone)| **is_alone) {
            if self.held(cid).is_none() && !self.is_uploading(cid) {
                batch.deletes.push(blob_key(cid));
            }
        }
        self.save(batch);
    }

    /// A draft is gone, and what belongs to it and was not published.
    pub(in crate::node) fn drop_attached_of(&mut self, slot: &str) {
        let is_of = |(_, upload): &(&u64, &Upload)| upload.slot == slot;
        let numbers: Vec<u64> =
            self.attached.iter().filter(is_of).map(|(number, _)| *number).collect();
        numbers.into_iter().for_each(|number| self.drop_attached(number));
    }

    /// What a start finds of attachments that were not published.
    pub(in crate::node) fn restore_upload(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (number, record) = key.split_first_chunk::<8>()?;
        let record = u32::from_be_bytes(record.try_into().ok()?);
        let upload = self.attached.entry(u64::from_be_bytes(*number)).or_default();
        if record == SUMMARY {
            return upload.recall(serde_json::from_slice(value).ok()?);
        }
        let (named, _) = value.as_chunks::<33>();
        upload.names.extend(named.iter().filter_map(|named| {
            let (digest, is_alone) = named.split_first_chunk::<32>()?;
            Some((Cid::from_digest(*digest), *is_alone == [1]))
        }));
        upload.records = upload.records.max(record.saturating_add(1));
        Some(())
    }

    /// Drops what a crash left of attachments that had not come whole, or whose draft is gone.
    pub(in crate::node) fn drop_orphaned_uploads(&mut self, slots: &BTreeSet<String>) {
        let is_orphan =
            |(_, upload): &(&u64, &Upload)| upload.done.is_none() || !slots.contains(&upload.slot);
        let numbers: Vec<u64> =
            self.attached.iter().filter(is_orphan).map(|(number, _)| *number).collect();
        numbers.into_iter().for_each(|number| self.drop_attached(number));
    }

    /// Publishes attachments that have come.
    pub(in crate::node) fn publish_attached(
        &mut self,
        what: Attaching,
        text: String,
    ) -> Result<Option<Cid>, Refusal> {
        self.may_write()?;
        let mut numbers = Vec::new();
        let (payload, pictures) = match what {
            Attaching::Collection { items, name } => {
                let mut listed = Vec::new();
                for (number, name) in items {
                    let Cut { cid, size } = self.cut_of(number, false)?;
                    numbers.push(number);
                    listed.push(Item { cid, name, size });
                }
                listed.sort_unstable_by(|one, other| one.name.cmp(&other.name));
                let name = clean_file_name(&name);
                (Payload::Collection(Collection { items: listed, name, text }), Vec::new())
            }
            Attaching::File { mime, name, upload } => {
                let Cut { cid, size } = self.cut_of(upload, false)?;
                numbers.push(upload);
                let name = clean_file_name(&name);
                (Payload::File(File { cid, mime, name, size, text }), Vec::new())
            }
            Attaching::Video { alt, duration, height, poster, upload, width } => {
                let Cut { cid, size } = self.cut_of(upload, true)?;
                let Some(ContentKind::Video(video_type)) =
                    self.attached.get(&upload).map(|upload| upload.kind)
                else {
                    return Err(Refusal::Video);
                };
                numbers.push(upload);
                let content = Film { cid, duration, height, size, video_type, width };
                let poster = poster.map(crate::node::own::stored).transpose()?;
                let (poster, blobs) =
                    poster.map_or((None, Vec::new()), |(image, blobs)| (Some(image), blobs));
                (Payload::Video(Video { alt, content, poster, text }), blobs)
            }
        };
        self.publish_with(&payload, &pictures, &numbers).map(Some)
    }

    fn cut_of(&self, number: u64, video: bool) -> Result<Cut, Refusal> {
        let upload = self.attached.get(&number).ok_or(Refusal::Unknown)?;
        let is_video = matches!(upload.kind, ContentKind::Video(_));
        upload.done.filter(|_| is_video == video).ok_or(Refusal::Unknown)
    }

    /// Notes what came as whole and one's own, and no longer as what may have to go.
    pub(in crate::node) fn settle_uploads(&mut self, numbers: &[u64]) -> Batch {
        let mut batch = Batch::new();
        let taken =
            numbers.iter().filter_map(|number| Some((*number, self.attached.remove(number)?)));
        let taken: Vec<(u64, Upload)> = taken.collect();
        let published = taken.iter().flat_map(|(_, upload)| upload.names.keys().copied()).collect();
        self.disclaim(&published, &mut batch);
        for (number, upload) in taken {
            batch.deletes.extend(upload.keys(number));
            let Some(cut) = upload.done else { continue };
            let named = Named { cid: cut.cid, size: cut.size, kind: upload.kind };
            let Some(shape) = Shape::of(cut.size) else { continue };
            let is_one_blob = shape.parts() == 1 && shape.pieces(0) == 1;
            for (part, (name, size)) in upload.parts.iter().enumerate() {
                let count = shape.pieces(part);
                if count > 1 || is_one_blob {
                    batch.extend(self.own_list(*name, *size));
                }
                if !is_one_blob {
                    let bits = self.own_part(*name, count);
                    batch.puts.push((bits_key(name), bits.to_bytes()));
                }
            }
            if shape.has_parts() {
                batch.extend(self.own_list(cut.cid, upload.root));
            }
            batch.puts.push((large_key(&named), vec![WHOLE]));
            self.kept.insert(named, WHOLE);
            self.have_whole(named);
        }
        batch
    }

    /// What others also point to, and was not here, is whole now.
    fn have_whole(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        if content.state == ContentState::Complete {
            return;
        }
        content.state = ContentState::Complete;
        self.stop_asking_for(named);
        self.read_lists(named);
        self.status_changed = true;
        self.tell_transfer(named);
        self.answer_reads(named);
    }

    /// What was published goes with no other attachment that has the same blobs.
    fn disclaim(&mut self, published: &BTreeSet<Cid>, batch: &mut Batch) {
        for (number, upload) in &mut self.attached {
            let alone = upload.names.iter_mut().filter(|(_, is_alone)| **is_alone);
            let shared = alone.filter(|(cid, _)| published.contains(*cid));
            if shared.map(|(_, is_alone)| *is_alone = false).count() > 0 {
                batch.deletes.extend((1..upload.records).map(|record| upload_key(*number, record)));
                batch.puts.push((upload_key(*number, 0), names(&upload.names)));
                upload.records = 1;
            }
        }
    }

    /// A blob of one's own that came before: a list, or all of a small file.
    fn own_list(&mut self, cid: Cid, size: u32) -> Batch {
        let here = Here { size, own: true, proven: true };
        self.here.insert(cid, here);
        Batch::new().put(super::here_key(&cid), here.to_bytes())
    }
}

/// How a record names blobs: 32 bytes of hash, and 1 where it is here for nothing that was published.
fn names(cids: &BTreeMap<Cid, bool>) -> Vec<u8> {
    let one = |(cid, is_alone): (&Cid, &bool)| {
        cid.digest().iter().copied().chain([u8::from(*is_alone)]).collect::<Vec<_>>()
    };
    cids.iter().flat_map(one).collect()
}

impl Upload {
    /// One more blob came out of the cutter, in its order.
    fn note(&mut self, blob: &Blob) {
        let (cid, size) = (blob.cid(), u32::try_from(blob.size()).unwrap_or(u32::MAX));
        let shape = self.done.and_then(|cut| Shape::of(cut.size));
        let last = shape.map(|shape| shape.pieces(shape.parts().saturating_sub(1)));
        let is_last_part =
            shape.is_some_and(|shape| self.parts.len() >= shape.parts().saturating_sub(1));
        if shape.is_some_and(|shape| self.parts.len() == shape.parts()) {
            // The list of parts, which the cut names.
            self.root = size;
        } else if self.pieces == MANIFEST_ITEMS
            || (is_last_part && (last == Some(1) || last == Some(self.pieces)))
        {
            // The list of a part; or a part that is one piece, and needs none.
            self.parts.push((cid, size));
            self.pieces = 0;
        } else {
            self.pieces = self.pieces.saturating_add(1);
        }
    }

    /// The keys of all that is written down of it.
    fn keys(&self, number: u64) -> impl Iterator<Item = Key> {
        (0..self.records).chain([SUMMARY]).map(move |record| upload_key(number, record))
    }

    /// What is written down of it; `None` before all of it came.
    fn summary(&self) -> Option<Vec<u8>> {
        let Cut { cid, size } = self.done?;
        let video = match self.kind {
            ContentKind::Video(kind) => Some(kind),
            ContentKind::File | ContentKind::Picture => None,
        };
        let (parts, root, slot) = (self.parts.clone(), self.root, self.slot.clone());
        serde_json::to_vec(&Summary { cid, parts, root, size, slot, video }).ok()
    }

    fn recall(&mut self, summary: Summary) -> Option<()> {
        let Summary { cid, parts, root, size, slot, video } = summary;
        if parts.len() != Shape::of(size)?.parts() {
            return None;
        }
        self.kind = video.map_or(ContentKind::File, ContentKind::Video);
        self.done = Some(Cut { cid, size });
        (self.parts, self.root, self.slot, self.size, self.came) = (parts, root, slot, size, size);
        Some(())
    }
}
