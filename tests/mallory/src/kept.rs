//! How a node keeps things, written from outside.

use data_encoding::BASE64;
use effigy_core::{Blob, Cid, Entry, Identity};
use effigy_proto::record;
use effigy_store::{Batch, Key, Pack, Range, Store, Table, pack};

use crate::Failure;

/// The flags of a blob that is one's own and was looked through.
const TRUSTED: u8 = 3;

/// How far a feed is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ends {
    /// How many entries it has.
    pub(crate) count: u32,
    /// The newest: its clock and its id.
    pub(crate) newest: Option<(u64, Cid)>,
}

impl Ends {
    /// The same with one more entry.
    pub(crate) fn with(self, entry: &Entry) -> Self {
        let newest = Some((entry.header().comparable, entry.id()));
        Self { count: self.count.saturating_add(1), newest }
    }
}

/// Reads how far a feed is. It must be a chain, as everything here writes.
pub(crate) async fn ends(store: &impl Store, feed: Identity) -> Result<Ends, Failure> {
    let mut ends = Ends::default();
    for (_, bytes) in store.scan(Range::prefix(Table::Packs, feed.bytes().as_slice())).await? {
        let Ok(pack) = Pack::open(&bytes) else { continue };
        for record in pack.records().flatten() {
            let entry = record::split(record).ok().and_then(|(entry, _)| Entry::reload(entry).ok());
            ends = entry.map_or(ends, |entry| ends.with(&entry));
        }
    }
    Ok(ends)
}

/// Keeps an entry as a pack of its own, at a place in its feed.
pub(crate) fn entry_puts(batch: Batch, entry: &Entry, payload: &[u8], place: u32) -> Batch {
    let identity = entry.header().identity;
    let generation = 0_u64.to_be_bytes();
    let key = [identity.bytes().as_slice(), generation.as_slice(), &place.to_be_bytes()].concat();
    let record = record::encode(entry.bytes(), Some(payload));
    let pack = pack::encode(&[&record]).unwrap_or_default();
    // What was noted of packs does not know of this one; nor do the marks by which others are told what
    // changed, so that whoever has one begins anew.
    let mut batch = batch
        .put(Key::new(Table::Packs, key), pack)
        .delete(Key::new(Table::Meta, b"names".as_slice()));
    batch.extend(effigy_proto::reread());
    batch
}

/// Keeps a blob as a picture that is here whole and was looked through.
pub(crate) fn blob_puts(batch: Batch, blob: &Blob) -> Batch {
    let cid = blob.cid();
    let digest = cid.digest().as_slice();
    let size = u32::try_from(blob.size()).unwrap_or(u32::MAX);
    let here = [&[TRUSTED], size.to_be_bytes().as_slice()].concat();
    batch
        .put(Key::new(Table::Blobs, digest), blob.bytes())
        .put(Key::new(Table::Meta, [b"blob/".as_slice(), digest].concat()), here)
        .put(Key::new(Table::Meta, [b"whole/".as_slice(), digest].concat()), [])
}

/// Reads blobs from an order.
pub(crate) fn blobs(texts: &[String]) -> Result<Vec<Blob>, Failure> {
    let blob = |text: &String| {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| Failure::Bytes)?;
        Blob::new(bytes).map_err(|_| Failure::Bytes)
    };
    texts.iter().map(blob).collect()
}
