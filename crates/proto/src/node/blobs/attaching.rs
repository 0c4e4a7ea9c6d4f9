//! What this person attaches: it comes in slices, is cut and kept as it comes, and counts once it is
//! published.

use std::collections::BTreeSet;

use effigy_core::blob::{Cut, Cutter, Shape};
use effigy_core::limits::{FILE_BYTES, MANIFEST_ITEMS};
use effigy_core::payload::{Collection, File, Film, Item, Video};
use effigy_core::text::clean_file_name;
use effigy_core::video::Cleaner;
use effigy_core::{Blob, Cid, Payload};
use effigy_store::{Batch, Key, Table};

use super::blob_key;
use super::large::WHOLE;
use super::tree::{Bits, bits_key, large_key};
use crate::api::{Attaching, ContentKind, Named, Refusal};
use crate::node::Node;
use crate::node::state::Here;

/// Most attachments that come at a time.
const UPLOADS: usize = 128;
/// What stays free on a device, for entries and what others give: an attachment must not take it.
const SPARE: u64 = 16 * 1024 * 1024;

/// An attachment that comes.
#[derive(Debug)]
pub(in crate::node) struct Upload {
    kind: ContentKind,
    /// How many bytes it has as it was said, and how many came.
    size: u64,
    came: u64,
    cleaner: Option<Cleaner>,
    cutter: Option<Cutter>,
    /// Its parts: the name of each and its pieces; those of the last, which is being cut, without a name.
    leaves: Vec<(Cid, Vec<Cid>, u32)>,
    /// How many bytes the list of parts has, where there is one.
    root: u32,
    pieces: Vec<Cid>,
    /// Blobs that are here for it alone, and how many records say so.
    names: BTreeSet<Cid>,
    records: u32,
    done: Option<Cut>,
}

/// Names blobs that are here for an attachment: a start drops them, if it was not published.
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
    ) -> Result<Option<Cid>, Refusal> {
        self.may_write()?;
        if size == 0 {
            return Err(Refusal::Empty);
        }
        if size > FILE_BYTES {
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
        let begun = Upload {
            kind,
            size,
            came: 0,
            cleaner,
            cutter: Some(Cutter::default()),
            leaves: Vec::new(),
            root: 0,
            pieces: Vec::new(),
            names: BTreeSet::new(),
            records: 0,
            done: None,
        };
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
        let is_new = |cid: &Cid| self.held(cid).is_none() && !self.is_uploading(cid);
        let new: BTreeSet<Cid> = blobs.iter().map(Blob::cid).filter(is_new).collect();
        let Some(upload) = self.attached.get_mut(&number) else { return };
        let mut batch = Batch::new();
        for blob in blobs.iter().filter(|blob| new.contains(&blob.cid())) {
            batch = batch.put(blob_key(&blob.cid()), blob.bytes());
        }
        if !new.is_empty() {
            let names: Vec<u8> = new.iter().flat_map(|cid| *cid.digest()).collect();
            batch = batch.put(upload_key(number, upload.records), names);
            upload.records = upload.records.saturating_add(1);
        }
        upload.names.extend(new);
        self.save(batch.strict());
    }

    /// Whether a blob is here for an attachment that comes.
    pub(super) fn is_uploading(&self, cid: &Cid) -> bool {
        self.attached.values().any(|upload| upload.names.contains(cid))
    }

    /// An attachment is not wanted after all.
    pub(in crate::node) fn drop_attached(&mut self, number: u64) {
        let Some(upload) = self.attached.remove(&number) else { return };
        let mut batch = Batch::new();
        for cid in &upload.names {
            if self.held(cid).is_none() {
                batch.deletes.push(blob_key(cid));
            }
        }
        batch.deletes.extend((0..upload.records).map(|record| upload_key(number, record)));
        self.save(batch);
    }

    /// What a crash left of attachments that were not published.
    pub(in crate::node) fn restore_upload(&mut self, key: &[u8], value: &[u8]) {
        self.orphans.deletes.push(Key::new(Table::Meta, [b"upload/".as_slice(), key].concat()));
        let (digests, _) = value.as_chunks::<32>();
        let names = digests.iter().map(|digest| Cid::from_digest(*digest));
        self.orphans.deletes.extend(names.map(|cid| blob_key(&cid)));
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
        for number in numbers {
            let Some(upload) = self.attached.remove(number) else { continue };
            let Some(cut) = upload.done else { continue };
            let named = Named { cid: cut.cid, size: cut.size, kind: upload.kind };
            let records = (0..upload.records).map(|record| upload_key(*number, record));
            batch.deletes.extend(records);
            let Some(shape) = Shape::of(cut.size) else { continue };
            if shape.parts() == 1 && shape.pieces(0) == 1 {
                let size = u32::try_from(cut.size).unwrap_or(u32::MAX);
                batch.extend(self.own_list(cut.cid, size));
                batch.puts.push((large_key(&named), vec![WHOLE]));
                self.kept.insert(named, WHOLE);
                continue;
            }
            for (part, (name, pieces, size)) in upload.leaves.iter().enumerate() {
                if pieces.len() > 1 {
                    batch.extend(self.own_list(*name, *size));
                }
                let mut bits = Bits::default();
                (0..pieces.len()).for_each(|at| bits.set(at, true));
                batch.puts.push((bits_key(name), bits.to_bytes()));
                self.known_leaf(*name, pieces.clone(), shape.part_size(part));
            }
            if shape.has_parts() {
                batch.extend(self.own_list(cut.cid, upload.root));
                let parts = upload.leaves.iter().map(|(name, _, _)| *name).collect();
                self.roots.insert(named, parts);
            }
            batch.puts.push((large_key(&named), vec![WHOLE]));
            self.kept.insert(named, WHOLE);
        }
        batch
    }

    /// A blob of one's own that came before: a list, or all of a small file.
    fn own_list(&mut self, cid: Cid, size: u32) -> Batch {
        let here = Here { size, own: true, proven: true };
        self.here.insert(cid, here);
        Batch::new().put(super::here_key(&cid), here.to_bytes())
    }
}

impl Upload {
    /// One more blob came out of the cutter, in its order.
    fn note(&mut self, blob: &Blob) {
        let (cid, size) = (blob.cid(), u32::try_from(blob.size()).unwrap_or(u32::MAX));
        let shape = self.done.and_then(|cut| Shape::of(cut.size));
        let full = self.pieces.len() == MANIFEST_ITEMS;
        let last = shape.map(|shape| shape.pieces(shape.parts().saturating_sub(1)));
        let is_last_part =
            shape.is_some_and(|shape| self.leaves.len() >= shape.parts().saturating_sub(1));
        let is_done = shape.is_some_and(|shape| self.leaves.len() == shape.parts());
        if is_done {
            // The list of parts, which the cut names.
            self.root = size;
        } else if full || (is_last_part && last == Some(self.pieces.len())) {
            self.leaves.push((cid, std::mem::take(&mut self.pieces), size));
        } else {
            self.pieces.push(cid);
            if is_last_part && last == Some(1) {
                self.leaves.push((cid, std::mem::take(&mut self.pieces), size));
            }
        }
    }
}
