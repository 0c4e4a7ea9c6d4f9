//! How many entries a hub keeps of one account: so many bytes, and not one more.

use effigy_core::Identity;
use effigy_core::limits::{ENTRY_BYTES, PAYLOAD_BYTES};

use super::{Node, Role};
use crate::message::{ErrorCode, Message};

/// What an account's own feed may have beyond: the words with which a device is added or taken away,
/// or a feed begun anew to make room, have to come in when nothing else does.
const OWN_FEED: u64 = 256 * 1024;
/// Most bytes of an account's own feed, some three thousand statements: each is weighed against all others.
const ACCOUNT_FEED: u64 = 2 * 1024 * 1024;
/// As much as one record can have: while there is not that much room, none is asked for.
const RECORD: usize = ENTRY_BYTES + PAYLOAD_BYTES + 16;

impl Node {
    /// Bytes of entries that are kept of one account.
    pub(super) fn entry_bytes_of(&self, synod: &Identity) -> u64 {
        let devices = self.synods.get(synod).into_iter().flat_map(effigy_feed::Synod::feeds);
        let feeds = std::iter::once(synod).chain(devices.filter(|device| *device != synod));
        let held = feeds.filter_map(|feed| self.feeds.get(feed));
        held.filter(|held| held.synod == *synod).map(|held| held.bytes).sum()
    }

    /// Whether a hub has no room for so many bytes more in a feed of this account.
    pub(super) fn over_entry_quota(&self, feed: &Identity, synod: &Identity, size: usize) -> bool {
        let Role::Hub(policy) = &self.role else { return false };
        let spare = if feed == synod { OWN_FEED } else { 0 };
        let own = self.feeds.get(feed).map_or(0, |held| held.bytes);
        if feed == synod && own.saturating_add(size as u64) > ACCOUNT_FEED {
            return true;
        }
        let held = self.entry_bytes_of(synod).saturating_add(size as u64);
        held > policy.entry_bytes.saturating_add(spare)
    }

    /// Whether a hub asks for no further entries of a feed.
    pub(super) fn has_enough_of(&self, feed: &Identity) -> bool {
        let synod = self.tracked.get(feed);
        synod.is_some_and(|synod| self.over_entry_quota(feed, synod, RECORD))
    }

    /// Tells those whose account it is, once a session, that no more of their entries are kept.
    pub(super) fn tell_quota(&mut self, feed: &Identity) {
        let Some(synod) = self.tracked.get(feed).copied() else { return };
        let links: Vec<_> = self.index.accounts.of(synod).collect();
        for link in links {
            let Some(conn) = self.links.get_mut(&link) else { continue };
            if !std::mem::replace(&mut conn.talk.quota_told, true) {
                let code = ErrorCode::EntryQuota;
                self.send(link, &Message::Error { about: 0, code });
            }
        }
    }
}
