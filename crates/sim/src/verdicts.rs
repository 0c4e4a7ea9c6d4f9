//! What was checked once need not be checked again in the same simulation: of what a schedule costs,
//! nine tenths would be signatures of entries that every machine checks for itself.
//!
//! Only what an honest node sent is looked up, and only by the very bytes that were checked; everything
//! else is decoded as anywhere. Production knows nothing of this.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use effigy_core::{Entry, Identity};
use effigy_proto::{BATCH, FIND, Frame, Garbage, Message, Record, record};
use serde::Deserialize;

/// Most entries that are remembered; then all are forgotten.
const MOST: usize = 20_000;

/// Records that were checked, by their bytes as they rest in a pack.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    /// Those that were checked before the schedule began.
    before: Arc<HashMap<Vec<u8>, Record>>,
    since: HashMap<Vec<u8>, Record>,
}

/// A message with entries as it stands in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: &'a str,
    identity: Option<Identity>,
    more: Option<bool>,
    #[serde(borrow)]
    records: Vec<WireRecord<'a>>,
    request: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRecord<'a> {
    #[serde(borrow)]
    entry: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<Cow<'a, str>>,
}

impl Verdicts {
    /// What was checked here, for those who begin where this ends.
    pub(crate) fn freeze(mut self) -> Arc<HashMap<Vec<u8>, Record>> {
        self.since.extend(self.before.iter().map(|(key, record)| (key.clone(), record.clone())));
        Arc::new(self.since)
    }

    /// Begins where others ended.
    pub(crate) fn after(before: &Arc<HashMap<Vec<u8>, Record>>) -> Self {
        Self { before: Arc::clone(before), since: HashMap::new() }
    }

    /// The record of a pack, if hashes and signature are right.
    pub(crate) fn record(&mut self, bytes: &[u8]) -> Option<&Record> {
        if self.get(bytes).is_none() {
            let read = record::reload(bytes).ok()?;
            Entry::parse(read.entry.bytes()).ok()?;
            self.since.insert(bytes.to_vec(), read);
        }
        self.get(bytes)
    }

    fn get(&self, key: &[u8]) -> Option<&Record> {
        self.since.get(key).or_else(|| self.before.get(key))
    }

    /// Decodes a frame. `forged` is what no honest node would send: nothing is looked up for it.
    pub(crate) fn decode(&mut self, frame: &Frame, forged: bool) -> Result<Message, Garbage> {
        match frame {
            Frame::Binary(bytes) => Message::decode_binary(bytes),
            Frame::Text(text) if forged || !speaks_of_entries(text) => Message::decode_text(text),
            Frame::Text(text) => match self.recall(text) {
                Some(message) => Ok(message),
                None => {
                    let message = Message::decode_text(text)?;
                    self.remember(text, &message);
                    Ok(message)
                }
            },
        }
    }

    /// The message, if all its records were checked before.
    fn recall(&self, text: &str) -> Option<Message> {
        let wire: Wire<'_> = serde_json::from_str(text).ok()?;
        let request = wire.request;
        let records: Option<Vec<Record>> =
            wire.records.iter().map(|record| self.get(&record.key()).cloned()).collect();
        let records = records?;
        match (wire.kind, wire.identity, wire.more) {
            ("entries", Some(identity), Some(more)) if records.len() <= BATCH => {
                let of_feed = |record: &Record| record.entry.header().identity == identity;
                let all = records.iter().all(of_feed);
                all.then_some(Message::Entries { identity, more, records, request })
            }
            ("found_entries", None, None) if records.len() <= FIND => {
                Some(Message::FoundEntries { records, request })
            }
            _ => None,
        }
    }

    fn remember(&mut self, text: &str, message: &Message) {
        let (Message::Entries { records, .. } | Message::FoundEntries { records, .. }) = message
        else {
            return;
        };
        let Ok(wire) = serde_json::from_str::<Wire<'_>>(text) else { return };
        // Entries of a later version are passed over, and then the two lists do not match.
        if wire.records.len() != records.len() {
            return;
        }
        if self.since.len() > MOST {
            self.since.clear();
        }
        let keys = wire.records.iter().map(WireRecord::key);
        self.since.extend(keys.zip(records.iter().cloned()));
    }
}

impl WireRecord<'_> {
    fn key(&self) -> Vec<u8> {
        record::encode(self.entry.as_bytes(), self.payload.as_deref().map(str::as_bytes))
    }
}

fn speaks_of_entries(text: &str) -> bool {
    text.starts_with("{\"type\":\"entries\"") || text.starts_with("{\"type\":\"found_entries\"")
}
