//! Giving entries to those who ask: only the packs they rest in are read.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity};
use effigy_store::pack::Pack;

use super::packs::pack_key;
use super::state::{Answering, Pending, Serve};
use super::{Node, record};
use crate::io::Link;
use crate::message::{BATCH, ErrorCode, Message, Record, SKIP};

/// Most requests for entries that are served to one peer at a time.
pub(super) const SERVING: u32 = 16;
/// Most bytes of entries in one answer, as they stand in its JSON: a message with room for the rest.
const ANSWER_BYTES: usize = 160 * 1024;

/// What somebody asks for of a feed.
pub(super) struct Wanted<'a> {
    pub after: &'a [Cid],
    pub generation: u64,
    pub identity: Identity,
    pub limit: u32,
    pub request: u32,
    pub skip: u32,
}

impl Node {
    pub(super) fn serve_entries(&mut self, link: Link, wanted: &Wanted<'_>) {
        let Wanted { identity, generation, request, .. } = *wanted;
        let skip = wanted.skip as usize;
        if skip > SKIP {
            self.send(link, &Message::Error { about: request, code: ErrorCode::TooMuch });
            return;
        }
        let held = self.feeds.get(&identity).filter(|_| self.tracked.contains_key(&identity));
        let Some(held) = held.filter(|held| held.feed.generation() == generation) else {
            let code = ErrorCode::NotFound;
            self.send(link, &Message::Error { about: request, code });
            return;
        };
        let limit = (wanted.limit as usize).clamp(1, BATCH);
        let mut places = held.feed.lacking(wanted.after, skip, limit.saturating_add(1));
        let more = places.len() > limit;
        places.truncate(limit);
        let places = places.into_iter().map(|at| (identity, at)).collect();
        self.serve(link, request, Answering::Feed { identity, more }, places);
    }

    /// Loads the packs in which entries rest, and sends them when all are here.
    pub(super) fn serve(
        &mut self,
        link: Link,
        request: u32,
        answer: Answering,
        places: Vec<(Identity, u32)>,
    ) {
        let packs: BTreeSet<(Identity, u32)> = places
            .iter()
            .filter_map(|(feed, at)| Some((*feed, self.feeds.get(feed)?.pack_of(*at)?.0)))
            .collect();
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.serving >= SERVING {
            self.send(link, &Message::Error { about: request, code: ErrorCode::TooMuch });
            return;
        }
        conn.serving = conn.serving.saturating_add(1);
        self.next_load = self.next_load.wrapping_add(1);
        let (number, left) = (self.next_load, packs.len());
        let serve = Serve { link, request, answer, places, left, records: BTreeMap::new() };
        if left == 0 {
            self.send_served(serve);
            return;
        }
        self.serves.insert(number, serve);
        for (feed, first) in packs {
            let generation = self.feeds.get(&feed).map_or(0, |held| held.feed.generation());
            let pending = Pending::Pack { serve: number, feed, first };
            self.load(pack_key(&feed, generation, first), pending);
        }
    }

    /// A pack was loaded for somebody; with the last one the answer goes out.
    fn pack_loaded(&mut self, serve: u64, feed: Identity, first: u32, bytes: Option<Vec<u8>>) {
        let Some(state) = self.serves.get_mut(&serve) else { return };
        state.left = state.left.saturating_sub(1);
        if let Some(pack) = bytes.as_deref().and_then(|bytes| Pack::open(bytes).ok()) {
            for (position, bytes) in (first..).zip(pack.records()) {
                if let Ok(bytes) = bytes
                    && state.places.contains(&(feed, position))
                {
                    state.records.insert((feed, position), bytes.to_vec());
                }
            }
        }
        if state.left == 0
            && let Some(state) = self.serves.remove(&serve)
        {
            self.send_served(state);
        }
    }

    /// Something of feeds was loaded.
    pub(super) fn feed_loaded(&mut self, pending: Pending, bytes: Option<Vec<u8>>) {
        match pending {
            Pending::Cut { identity, first } => self.cut_loaded(identity, first, bytes),
            Pending::Glimpse { identity, generation, first } => {
                self.glimpsed((identity, generation, first), bytes);
            }
            Pending::Reopen { identity, generation, first } => {
                self.reopened((identity, generation, first), bytes);
            }
            Pending::Review { identity, generation, first } => {
                self.reviewed((identity, generation, first), bytes);
            }
            Pending::Merge { identity, first } => self.merge_loaded(identity, first, bytes),
            Pending::Pack { serve, feed, first } => self.pack_loaded(serve, feed, first, bytes),
            Pending::Rewrite { identity, first } => self.rewrite_pack(identity, first, bytes),
            Pending::Watched { link, request, since, watch } => {
                self.watches_loaded(link, request, since, watch, bytes);
            }
            Pending::Blob { .. }
            | Pending::Check { .. }
            | Pending::DraftPicture { .. }
            | Pending::Content { .. }
            | Pending::List { .. }
            | Pending::Manifest { .. }
            | Pending::Range { .. }
            | Pending::Scan { .. } => (),
        }
    }

    fn send_served(&mut self, mut state: Serve) {
        if let Some(conn) = self.links.get_mut(&state.link) {
            conn.serving = conn.serving.saturating_sub(1);
        }
        let (mut records, mut size, mut cut) = (Vec::new(), 0_usize, false);
        for place in &state.places {
            let record = state.records.remove(place);
            let Some(record) = record.and_then(|bytes| record::reload(&bytes).ok()) else {
                // A damaged record ends the answer: what builds on it would be refused. What was
                // looked for stands by itself.
                if matches!(state.answer, Answering::Found) {
                    continue;
                }
                break;
            };
            size = size.saturating_add(weight(&record));
            if size > ANSWER_BYTES && !records.is_empty() {
                cut = true;
                break;
            }
            records.push(record);
        }
        let request = state.request;
        let message = match state.answer {
            Answering::Feed { identity, more } => {
                Message::Entries { identity, more: more || cut, records, request }
            }
            Answering::Found => Message::FoundEntries { records, request },
        };
        self.send(state.link, &message);
    }
}

/// How many bytes a record has in an answer: JSON within JSON writes every quote and backslash twice.
fn weight(record: &Record) -> usize {
    let payload = record.payload.as_ref().map_or(0, |(bytes, _)| escaped(bytes));
    // The names of the members and what stands between them.
    escaped(record.entry.bytes()).saturating_add(payload).saturating_add(32)
}

fn escaped(bytes: &[u8]) -> usize {
    bytes
        .len()
        .saturating_add(bytes.iter().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n')).count())
}
