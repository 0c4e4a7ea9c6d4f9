//! Through all packs, feed by feed and record by record.

use effigy_core::Identity;
use effigy_proto::record;
use effigy_store::Pack;

use crate::error::CliError;
use crate::fault::{Fault, FaultKind, Place};
use crate::source::{Shelf, Source};

/// One writing of a feed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FeedKey {
    /// Whose.
    pub(crate) identity: Identity,
    /// Which writing.
    pub(crate) generation: u64,
}

/// A record as it rests.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    /// The place that its pack announces, from 0.
    pub(crate) position: u32,
    /// The entry's bytes.
    pub(crate) entry: &'a [u8],
    /// The payload's bytes; `None` where it was taken back.
    pub(crate) payload: Option<&'a [u8]>,
}

/// Somebody who is shown all packs.
pub(crate) trait Visitor {
    /// A feed begins: what follows belongs to it.
    fn begin(&mut self, feed: FeedKey);

    /// A record of the feed.
    fn slot(&mut self, slot: &Slot<'_>);

    /// All of the feed was shown.
    fn end(&mut self);

    /// Something cannot be read, in the feed that has begun or outside of all.
    fn fault(&mut self, fault: Fault);
}

/// Shows every pack to a visitor, in the order of feeds and places.
///
/// # Errors
/// When the source cannot be read. Damage in it is a fault, which the visitor is told.
pub(crate) fn walk(source: &Source, visitor: &mut impl Visitor) -> Result<(), CliError> {
    let mut current = None;
    for row in source.rows(Shelf::Packs) {
        let (key, value) = row?;
        let Some((feed, first)) = parse_key(&key) else {
            let at = Place::Record { record: format!("a key of {} bytes", key.len()) };
            visitor.fault(Fault::new(FaultKind::Key, at, "the key of a pack has 44 bytes"));
            continue;
        };
        if current != Some(feed) {
            if current.is_some() {
                visitor.end();
            }
            visitor.begin(feed);
            current = Some(feed);
        }
        show_pack(feed, first, &value, visitor);
    }
    if current.is_some() {
        visitor.end();
    }
    Ok(())
}

/// Shows a visitor only one feed.
#[derive(Debug)]
pub(crate) struct Only<V> {
    feed: FeedKey,
    inside: bool,
    /// Who is shown it.
    pub(crate) visitor: V,
}

impl<V> Only<V> {
    /// Shows `visitor` only this feed.
    pub(crate) const fn new(feed: FeedKey, visitor: V) -> Self {
        Self { feed, inside: false, visitor }
    }
}

impl<V: Visitor> Visitor for Only<V> {
    fn begin(&mut self, feed: FeedKey) {
        self.inside = feed == self.feed;
        if self.inside {
            self.visitor.begin(feed);
        }
    }

    fn slot(&mut self, slot: &Slot<'_>) {
        if self.inside {
            self.visitor.slot(slot);
        }
    }

    fn end(&mut self) {
        if self.inside {
            self.visitor.end();
        }
        self.inside = false;
    }

    fn fault(&mut self, fault: Fault) {
        if self.inside {
            self.visitor.fault(fault);
        }
    }
}

fn show_pack(feed: FeedKey, first: u32, value: &[u8], visitor: &mut impl Visitor) {
    let pack = match Pack::open(value) {
        Ok(pack) => pack,
        Err(error) => {
            visitor.fault(Fault::new(FaultKind::NoPack, Place::entry(feed, first), error));
            return;
        }
    };
    if !pack.is_sound() {
        let why = "lengths and count of the pack do not agree with their checksum";
        visitor.fault(Fault::new(FaultKind::PackDirectory, Place::entry(feed, first), why));
    }
    for (index, bytes) in (0_u32..).zip(pack.records()) {
        let position = first.saturating_add(index);
        match bytes.map(record::split) {
            Err(damaged) => {
                visitor.fault(Fault::new(
                    FaultKind::PackRecord,
                    Place::entry(feed, position),
                    damaged,
                ));
            }
            Ok(Err(error)) => {
                visitor.fault(Fault::new(
                    FaultKind::RecordCut,
                    Place::entry(feed, position),
                    error,
                ));
            }
            Ok(Ok((entry, payload))) => visitor.slot(&Slot { position, entry, payload }),
        }
    }
}

/// The feed, its generation and the place of a pack's first entry.
fn parse_key(key: &[u8]) -> Option<(FeedKey, u32)> {
    let (identity, rest) = key.split_first_chunk::<32>()?;
    let (generation, first) = rest.split_first_chunk::<8>()?;
    let identity = Identity::from_bytes(*identity);
    let feed = FeedKey { identity, generation: u64::from_be_bytes(*generation) };
    Some((feed, u32::from_be_bytes(first.try_into().ok()?)))
}
