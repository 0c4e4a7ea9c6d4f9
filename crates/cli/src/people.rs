//! Whose feeds these are: accounts, their devices, and what they call themselves.

use std::collections::BTreeMap;

use effigy_core::text::clean_name;
use effigy_core::{Entry, Identity, Payload, Time};
use effigy_feed::{Feed, Synod, Verdict};

use crate::error::CliError;
use crate::fault::Fault;
use crate::source::Source;
use crate::walk::{FeedKey, Slot, Visitor, walk};

/// A moment at which no entry is too far ahead: what was kept was not.
pub(crate) const ALWAYS: Time = Time(u64::MAX / 2);

/// The accounts whose feeds are kept.
#[derive(Debug, Default)]
pub(crate) struct People {
    synods: BTreeMap<Identity, Synod>,
    current: Option<Feed>,
}

impl People {
    /// Reads every account's feed, passing over what is damaged.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub(crate) fn read(source: &Source) -> Result<Self, CliError> {
        let mut people = Self::default();
        walk(source, &mut people)?;
        Ok(people)
    }

    /// An account.
    pub(crate) fn synod(&self, identity: &Identity) -> Option<&Synod> {
        self.synods.get(identity)
    }

    /// What a feed's owner is called: a person, or a person's device. Empty where nobody knows.
    pub(crate) fn name(&self, identity: &Identity) -> String {
        if let Some(synod) = self.synods.get(identity) {
            return person(synod);
        }
        let mut owners = self.synods.values();
        let named = owners.find_map(|synod| Some((synod, synod.devices.get(identity)?)));
        named.map_or_else(String::new, |(synod, device)| {
            let parts = [person(synod), clean_name(&device.name)];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        })
    }
}

impl Visitor for People {
    fn begin(&mut self, feed: FeedKey) {
        let mut fresh = Feed::new(feed.identity);
        fresh.begin(feed.generation);
        self.current = Some(fresh);
    }

    fn slot(&mut self, slot: &Slot<'_>) {
        let Some(feed) = self.current.as_mut() else { return };
        let Ok(entry) = Entry::reload(slot.entry) else { return };
        let header = entry.header();
        if header.synod.is_some() || header.identity != feed.identity() {
            return;
        }
        let payload =
            slot.payload.and_then(|bytes| Payload::parse(&header.payload.kind, bytes).ok());
        let payload = payload.unwrap_or(Payload::Unknown);
        let state = self.synods.entry(feed.identity());
        let state = state.or_insert_with(|| Synod::new(feed.identity()));
        if state.permits(&entry, &payload).is_ok()
            && matches!(feed.offer(&entry, ALWAYS), Ok(Verdict::New { .. }))
        {
            state.apply(&entry, &payload);
        }
    }

    fn end(&mut self) {
        self.current = None;
    }

    fn fault(&mut self, _: Fault) {}
}

fn person(synod: &Synod) -> String {
    synod.profile.as_ref().map_or_else(String::new, |profile| clean_name(&profile.name))
}
