//! Giving entries to those who ask.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity};
use effigy_store::pack::Pack;

use super::packs::pack_key;
use super::state::{Pending, Serve};
use super::{Node, record};
use crate::io::Link;
use crate::message::{BATCH, ErrorCode, Message};

/// Most requests for entries that are served to one peer at a time.
const SERVING: u32 = 16;
/// Most bytes of entries in one answer: a message with room for its JSON.
const ANSWER_BYTES: usize = 160 * 1024;

impl Node {
    pub(super) fn serve_entries(
        &mut self,
        link: Link,
        identity: Identity,
        generation: u64,
        after: &[Cid],
        limit: u32,
        request: u32,
    ) {
        let held = self.feeds.get(&identity).filter(|_| self.tracked.contains_key(&identity));
        let Some(held) = held.filter(|held| held.feed.generation() == generation) else {
            let code = ErrorCode::NotFound;
            self.send(link, &Message::Error { about: request, code });
            return;
        };
        let limit = (limit as usize).clamp(1, BATCH);
        let mut positions = held.feed.lacking(after, limit.saturating_add(1));
        let more = positions.len() > limit;
        positions.truncate(limit);
        let packs: BTreeSet<u32> =
            positions.iter().filter_map(|at| held.pack_of(*at)).map(|(first, _)| first).collect();
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.serving >= SERVING {
            self.send(link, &Message::Error { about: request, code: ErrorCode::TooMuch });
            return;
        }
        if packs.is_empty() {
            let answer = Message::Entries { identity, more: false, records: Vec::new(), request };
            self.send(link, &answer);
            return;
        }
        conn.serving = conn.serving.saturating_add(1);
        self.next_load = self.next_load.wrapping_add(1);
        let serve = self.next_load;
        let left = packs.len();
        let positions = positions.into_iter().collect();
        let records = BTreeMap::new();
        self.serves
            .insert(serve, Serve { link, request, identity, positions, more, left, records });
        for first in packs {
            self.load(pack_key(&identity, generation, first), Pending::Pack { serve, first });
        }
    }

    /// A pack was loaded for somebody; with the last one the answer goes out.
    pub(super) fn pack_loaded(&mut self, serve: u64, first: u32, bytes: Option<Vec<u8>>) {
        let Some(state) = self.serves.get_mut(&serve) else { return };
        state.left = state.left.saturating_sub(1);
        if let Some(pack) = bytes.as_deref().and_then(|bytes| Pack::open(bytes).ok()) {
            for (position, bytes) in (first..).zip(pack.records()) {
                if let Ok(bytes) = bytes
                    && state.positions.contains(&position)
                {
                    state.records.insert(position, bytes.to_vec());
                }
            }
        }
        if state.left > 0 {
            return;
        }
        let Some(state) = self.serves.remove(&serve) else { return };
        if let Some(conn) = self.links.get_mut(&state.link) {
            conn.serving = conn.serving.saturating_sub(1);
        }
        let (mut records, mut size, mut more) = (Vec::new(), 0_usize, state.more);
        for bytes in state.records.values() {
            size = size.saturating_add(bytes.len());
            if size > ANSWER_BYTES && !records.is_empty() {
                more = true;
                break;
            }
            // A damaged record ends the answer: what builds on it would be refused.
            let Ok(record) = record::reload(bytes) else { break };
            records.push(record);
        }
        let (identity, request) = (state.identity, state.request);
        self.send(state.link, &Message::Entries { identity, more, records, request });
    }
}
