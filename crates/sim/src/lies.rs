//! Liars: real nodes whose words are changed on their way out, so that everything but the lie is as true
//! as can be.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Cid;
use effigy_core::random::Random;
use effigy_proto::{Frame, Garbage, LIST, Message};
use serde::Deserialize;
use serde_json::Value;

/// What kind of lies somebody tells.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub enum Lie {
    /// Signatures of entries that they pass on are changed.
    BadSignatures,
    /// Blobs are said to be of another size.
    BlobSizes,
    /// A byte of every blob that they give is another.
    BlobBytes,
    /// Two histories of their own feed: a copy of the device writes, too.
    Equivocation,
    /// Far more wants and questions than anybody has.
    Floods,
    /// Frames that are no messages.
    Garbage,
    /// Feeds of others are said to be where they were long ago.
    OldHeads,
    /// Entries of others are not given.
    Withholding,
}

/// Somebody who lies.
#[derive(Debug)]
pub(crate) struct Liar {
    pub kind: Lie,
    /// Heads as they were first told, by feed.
    first: BTreeMap<String, Value>,
    /// How many lies were heard that anybody must take for one, by who heard them on which connection.
    heard: BTreeMap<(usize, u64), u32>,
    /// Of which feeds heads were told, by connection.
    told: BTreeSet<(u64, String)>,
}

/// Of how many frames about one is a lie, where each might be one.
const EVERY: u64 = 3;

impl Liar {
    pub(crate) const fn new(kind: Lie) -> Self {
        Self { kind, first: BTreeMap::new(), heard: BTreeMap::new(), told: BTreeSet::new() }
    }

    /// What they say where an honest node would say this, and whether it is a lie.
    pub(crate) fn says(
        &mut self,
        frame: Frame,
        wire: u64,
        random: &mut Random,
    ) -> Vec<(Frame, bool)> {
        if is_of_session(&frame) {
            return vec![(frame, false)];
        }
        let lie = match self.kind {
            Lie::Equivocation => None,
            Lie::Garbage if random.below(EVERY) == 0 => {
                return vec![(frame, false), (garbage(random), true)];
            }
            Lie::Floods => {
                return vec![(frame, false), (flood(random), true)];
            }
            Lie::Garbage => None,
            Lie::BadSignatures => with_bad_signature(&frame),
            Lie::BlobBytes => with_false_byte(&frame),
            Lie::BlobSizes => with_false_size(&frame),
            Lie::OldHeads => self.with_old_heads(&frame, wire),
            Lie::Withholding => without_entries(&frame),
        };
        match lie {
            Some(lie) => vec![(lie, true)],
            None => vec![(frame, false)],
        }
    }

    /// Somebody heard a lie. What cannot even be read is a fault, whoever looks at it.
    pub(crate) fn was_heard(&mut self, by: usize, wire: u64, said: &Result<Message, Garbage>) {
        let too_long = |message: &Message| match message {
            Message::IWant { cids } => cids.len() > LIST,
            _ => false,
        };
        if said.as_ref().map_or(true, too_long) {
            let heard = self.heard.entry((by, wire)).or_default();
            *heard = heard.saturating_add(1);
        }
    }

    /// Everybody who heard so many lies on one connection that they must know by now.
    pub(crate) fn found_out_by(&self, faults: u32) -> BTreeSet<usize> {
        let enough = self.heard.iter().filter(|(_, heard)| **heard >= faults);
        enough.map(|((by, _), _)| *by).collect()
    }

    /// How many entries they say a feed has, if they said so on this connection.
    pub(crate) fn says_of(&self, wire: u64, feed: &str) -> Option<u64> {
        let said = self.told.contains(&(wire, feed.to_owned()));
        self.first.get(feed).filter(|_| said)?.get("count")?.as_u64()
    }

    fn with_old_heads(&mut self, frame: &Frame, wire: u64) -> Option<Frame> {
        let mut message = json(frame, &["last_known_heads", "changes"])?;
        let mut lied = false;
        for head in message.get_mut("heads")?.as_array_mut()? {
            let feed = head.get("identity")?.as_str()?.to_owned();
            self.told.insert((wire, feed.clone()));
            let first = self.first.entry(feed).or_insert_with(|| head.clone());
            lied |= first != head;
            head.clone_from(first);
        }
        lied.then(|| text(&message))
    }
}

/// A piece of a blob whose last byte is another.
fn with_false_byte(frame: &Frame) -> Option<Frame> {
    let Frame::Binary(bytes) = frame else { return None };
    let mut bytes = bytes.clone();
    *bytes.last_mut()? ^= 1;
    Some(Frame::Binary(bytes))
}

/// How a session begins: a lie there only ends it.
fn is_of_session(frame: &Frame) -> bool {
    matches!(frame, Frame::Text(text) if text.starts_with("{\"type\":\"session_"))
}

/// The message of a text frame, if it is of one of these types.
fn json(frame: &Frame, types: &[&str]) -> Option<Value> {
    let Frame::Text(text) = frame else { return None };
    let kind = text.strip_prefix("{\"type\":\"")?.split('"').next()?;
    types.contains(&kind).then(|| serde_json::from_str(text).ok())?
}

fn text(message: &Value) -> Frame {
    Frame::Text(message.to_string())
}

fn with_bad_signature(frame: &Frame) -> Option<Frame> {
    let mut message = json(frame, &["entries", "found_entries"])?;
    let record = message.get_mut("records")?.as_array_mut()?.first_mut()?;
    let entry = record.get("entry")?.as_str()?;
    let (header, signature) = entry.split_once('\n')?;
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{header}\n{first}{}", signature.get(1..)?);
    *record.get_mut("entry")? = Value::String(forged);
    Some(text(&message))
}

fn without_entries(frame: &Frame) -> Option<Frame> {
    let mut message = json(frame, &["entries", "found_entries"])?;
    let records = message.get_mut("records")?.as_array_mut()?;
    if records.is_empty() {
        return None;
    }
    records.clear();
    if let Some(more) = message.get_mut("more") {
        *more = Value::Bool(false);
    }
    Some(text(&message))
}

/// A piece of a blob that is said to be larger than any blob may be; an offer of one that is a byte longer.
fn with_false_size(frame: &Frame) -> Option<Frame> {
    if let Frame::Binary(bytes) = frame {
        let mut bytes = bytes.clone();
        bytes.get_mut(8..12)?.copy_from_slice(&u32::MAX.to_be_bytes());
        return Some(Frame::Binary(bytes));
    }
    let mut message = json(frame, &["ihave"])?;
    for blob in message.get_mut("blobs")?.as_array_mut()? {
        let size = blob.get(1)?.as_u64()?;
        // Only one that is offered as it is will be asked for.
        if size % 2 == 0 {
            *blob.get_mut(1)? = Value::from(size.saturating_add(1));
        }
    }
    let Frame::Text(before) = frame else { return None };
    let lie = text(&message);
    (lie != text(&serde_json::from_str(before).ok()?)).then_some(lie)
}

fn garbage(random: &mut Random) -> Frame {
    match random.below(6) {
        0 => Frame::Binary(random.bytes::<7>().to_vec()),
        1 => Frame::Text("{\"type\":\"ping\"".to_owned()),
        2 => Frame::Text("{\"type\":\"ping\",\"type\":\"ping\"}".to_owned()),
        3 => Frame::Text("{\"type\":\"get_heads\",\"identities\":[7]}".to_owned()),
        4 => Frame::Text("[".repeat(100)),
        _ => Frame::Text("{\"type\":\"entries\",\"records\":[{\"entry\":\"\"}]}".to_owned()),
    }
}

/// Wants of nothing that is anywhere; some are longer than any list may be.
fn flood(random: &mut Random) -> Frame {
    let count = if random.below(16) == 0 { LIST.saturating_add(1) } else { LIST };
    let cids = (0..count).map(|_| Cid::from_digest(random.bytes())).collect();
    Message::IWant { cids }.encode()
}
