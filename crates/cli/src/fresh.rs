//! Who had what of a feed when they were last met: as a node notes it for its next session with them.

use effigy_core::Identity;
use effigy_proto::Met;
use serde::Serialize;

use crate::error::CliError;
use crate::source::{Shelf, Source};
use crate::verify::Holder;

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

/// Everybody who was met, by their keys and in their order. What cannot be read is passed over: a node
/// does the same.
///
/// # Errors
/// When the source cannot be read.
pub(crate) fn met(source: &Source) -> Result<Vec<(Identity, Met)>, CliError> {
    let mut all = Vec::new();
    for row in source.rows(Shelf::Met) {
        let (key, value) = row?;
        let holder = key.try_into().ok().map(Identity::from_bytes);
        all.extend(holder.zip(Met::from_bytes(&value)));
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
    let witness = |(holder, met): (Identity, Met)| Witness {
        holder,
        is: met.kind.into(),
        account: met.synod,
        met: met.at.0,
        agrees: met.agrees_in(feed, changed),
    };
    Ok(met(source)?.into_iter().map(witness).collect())
}
