//! What is remembered of somebody from one session to the next.

use std::collections::BTreeSet;

use effigy_core::{Identity, Time};

use crate::api::HolderKind;
use crate::message::{Mark, StoreName};

/// What is remembered of somebody who was met, under their key.
#[derive(Clone, Debug)]
pub struct Met {
    /// What they are to this node.
    pub kind: HolderKind,
    /// Their account; `None` for a hub.
    pub synod: Option<Identity>,
    /// Up to which mark of theirs all that was told is here.
    pub mark: Option<Mark>,
    /// The mark of this store at that time.
    pub ours: u64,
    /// When that was.
    pub at: Time,
    /// Feeds of which they then had just what was here, by the first eight bytes of their keys.
    pub agrees: BTreeSet<u64>,
}

/// A feed in what is remembered of somebody: the first bytes of its key.
pub(super) fn prefix(feed: &Identity) -> u64 {
    feed.bytes().first_chunk().copied().map_or(0, u64::from_be_bytes)
}

impl Met {
    /// Whether they had just what is here of a feed that changed here last at this mark.
    pub fn agrees_in(&self, feed: &Identity, changed: u64) -> bool {
        changed <= self.ours && self.agrees.contains(&prefix(feed))
    }

    /// How somebody is kept: kind, account, mark, when, and what they agree in.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let synod = self.synod.map_or([0; 32], |synod| *synod.bytes());
        let (name, mark) = self.mark.map_or(([0; 8], 0), |Mark(name, mark)| (name.0, mark));
        let mut bytes = [&[self.kind.to_byte()], synod.as_slice(), &name].concat();
        for number in [mark, self.ours, self.at.0].iter().chain(&self.agrees) {
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// Reads what is kept of somebody; `None` when it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let kind = HolderKind::from_byte(*kind)?;
        let (synod, rest) = rest.split_first_chunk::<32>()?;
        let (name, rest) = rest.split_first_chunk::<8>()?;
        let (numbers, []) = rest.as_chunks::<8>() else { return None };
        let mut numbers = numbers.iter().map(|bytes| u64::from_be_bytes(*bytes));
        let (mark, ours, at) = (numbers.next()?, numbers.next()?, Time(numbers.next()?));
        let synod = (*synod != [0; 32]).then_some(Identity::from_bytes(*synod));
        let mark = Some(Mark(StoreName(*name), mark));
        Some(Self { kind, synod, mark, ours, at, agrees: numbers.collect() })
    }
}
