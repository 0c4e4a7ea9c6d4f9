//! Who had what of a feed when they were last met: as a node notes it for its next session with them.

use std::collections::BTreeSet;

use effigy_core::Identity;
use serde::Serialize;

use crate::error::CliError;
use crate::source::{Shelf, Source};
use crate::verify::Holder;

/// Somebody who was met, and what they had that was here too.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    /// Their device, or the hub.
    pub(crate) holder: Identity,
    /// What they are.
    pub(crate) is: Holder,
    /// Their account; a hub has none.
    pub(crate) account: Option<Identity>,
    /// When, in milliseconds since 1970.
    pub(crate) at: u64,
    /// How far changes were numbered here then.
    ours: u64,
    /// Feeds of which they had just what was here, by the first eight bytes of their keys.
    agrees: BTreeSet<u64>,
}

/// What somebody had of one feed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Witness {
    pub(crate) holder: Identity,
    pub(crate) is: Holder,
    pub(crate) account: Option<Identity>,
    /// When, in milliseconds since 1970.
    pub(crate) met: u64,
    /// Whether they had just what is here now.
    pub(crate) agrees: bool,
}

/// Everybody who was met, in the order of their keys. What cannot be read is passed over: a node does
/// the same.
///
/// # Errors
/// When the source cannot be read.
pub(crate) fn met(source: &Source) -> Result<Vec<Met>, CliError> {
    let mut all = Vec::new();
    for row in source.rows(Shelf::Met) {
        let (key, value) = row?;
        all.extend(Met::parse(&key, &value));
    }
    Ok(all)
}

/// What those who were met had of a feed.
///
/// # Errors
/// When the source cannot be read.
pub(crate) fn witnesses(source: &Source, feed: &Identity) -> Result<Vec<Witness>, CliError> {
    let change = source.read(Shelf::Changes, feed.bytes())?;
    let changed =
        change.as_deref().and_then(|value| value.get(1..)).and_then(|mark| mark.try_into().ok());
    let changed = changed.map_or(0, u64::from_be_bytes);
    let witness = |met: Met| Witness {
        holder: met.holder,
        is: met.is,
        account: met.account,
        met: met.at,
        agrees: met.agrees.contains(&prefix(feed)) && changed <= met.ours,
    };
    Ok(met(source)?.into_iter().map(witness).collect())
}

fn prefix(feed: &Identity) -> u64 {
    feed.bytes().first_chunk().copied().map_or(0, u64::from_be_bytes)
}

impl Met {
    /// Reads what is kept of somebody: what they are, their account, the name of their store, their
    /// mark, the mark here, when, about which list, and what they agreed in.
    fn parse(key: &[u8], value: &[u8]) -> Option<Self> {
        let (is, rest) = value.split_first()?;
        let is = match is {
            0 => Holder::Friend,
            1 => Holder::Hub,
            2 => Holder::OwnDevice,
            _ => return None,
        };
        let (account, rest) = rest.split_first_chunk::<32>()?;
        let (_store, rest) = rest.split_first_chunk::<8>()?;
        let (numbers, []) = rest.as_chunks::<8>() else { return None };
        let mut numbers = numbers.iter().map(|bytes| u64::from_be_bytes(*bytes));
        let (_theirs, ours, at) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let _list = numbers.next();
        let holder = Identity::from_bytes(key.try_into().ok()?);
        let account = (*account != [0; 32]).then_some(Identity::from_bytes(*account));
        Some(Self { holder, is, account, at, ours, agrees: numbers.collect() })
    }

    /// In how many feeds they had just what was here.
    pub(crate) fn agreed(&self) -> usize {
        self.agrees.len()
    }
}
