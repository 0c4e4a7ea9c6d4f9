//! What is noted of a pack beside it, in the same transaction: a start reads these instead of packs.
//!
//! An outline says of each entry what its feed needs to be put together again, in about eighty bytes.
//! Those records that a node acts on (accounts, relations, takings back, pictures) are kept a second
//! time, whole, so that a start need not look into packs for them. Nothing rests on either: packs are
//! what counts, and a start that finds something wrong reads all of them.
//!
//! ```text
//! outline   account | facts clock digest id parents | ..
//! parents   FF for the place before, else how many, and each place
//! told      place length record | ..
//! ```
//!
//! Numbers are 32 bits but for the clock's 64 and the facts' 8, the high byte first. Each rests in a
//! pack of one record, for the checksum.

use effigy_core::{Cid, Entry, Identity, Payload};
use effigy_feed::{Feed, Noted};
use effigy_store::Pack;
use effigy_store::pack;

/// Stands for the one parent that nearly every entry has.
const BEFORE: u8 = u8::MAX;

/// What is noted of a record.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Facts(u8);

impl Facts {
    const PAYLOAD: u8 = 1;
    const POST: u8 = 2;
    const TOLD: u8 = 4;

    /// Of an entry and what it says, before anything is opened that was sealed. `me` is this
    /// person's account: what others sealed says nothing here.
    pub(super) fn of(entry: &Entry, payload: Option<&Payload>, me: Option<Identity>) -> Self {
        let header = entry.header();
        let Some(payload) = payload else { return Self(0) };
        let mine = header.synod.is_none_or(|(synod, _)| Some(synod) == me);
        let told = match payload {
            // An account's own feed is folded whole.
            _ if header.synod.is_none() => true,
            Payload::Comment(_) | Payload::Image(_) | Payload::Note(_) => {
                !payload.images().is_empty()
            }
            Payload::Tag(_) | Payload::Unknown => false,
            Payload::Sealed(_) => mine,
            _ => true,
        };
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        Self(Self::PAYLOAD | flag(payload.is_post(), Self::POST) | flag(told, Self::TOLD))
    }

    /// Whether its payload is here.
    pub(super) const fn has_payload(self) -> bool {
        self.0 & Self::PAYLOAD != 0
    }

    /// Whether it begins a thread.
    pub(super) const fn is_post(self) -> bool {
        self.0 & Self::POST != 0
    }

    /// Whether a node acts on it, so that it is kept a second time.
    pub(super) const fn is_told(self) -> bool {
        self.0 & Self::TOLD != 0
    }
}

/// Writes the outline of the entries from a place on; `None` when the feed has fewer.
pub(super) fn write(synod: &Identity, feed: &Feed, first: u32, facts: &[Facts]) -> Option<Vec<u8>> {
    let mut bytes = synod.bytes().to_vec();
    for (place, facts) in (first..).zip(facts) {
        let Noted { comparable, digest, id, parents } = feed.noted(place)?;
        bytes.push(facts.0);
        bytes.extend(comparable.to_be_bytes());
        bytes.extend(digest.digest());
        bytes.extend(id.digest());
        if parents.iter().copied().eq(place.checked_sub(1)) {
            bytes.push(BEFORE);
            continue;
        }
        bytes.push(u8::try_from(parents.len()).ok().filter(|count| *count < BEFORE)?);
        parents.iter().for_each(|parent| bytes.extend(parent.to_be_bytes()));
    }
    pack::encode(&[&bytes]).ok()
}

/// An outline that was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Outline {
    pub entries: Vec<(Facts, Noted)>,
    pub synod: Identity,
}

/// Reads an outline that begins at a place; `None` when it is damaged.
pub(super) fn read(bytes: &[u8], first: u32) -> Option<Outline> {
    let bytes = only(bytes)?;
    let (synod, mut rest) = bytes.split_first_chunk()?;
    let mut entries = Vec::new();
    let mut place = first;
    while let Some((facts, behind)) = rest.split_first() {
        let (clock, behind) = behind.split_first_chunk()?;
        let (digest, behind) = behind.split_first_chunk()?;
        let (id, behind) = behind.split_first_chunk()?;
        let (count, behind) = behind.split_first()?;
        rest = behind;
        let mut parents = Vec::new();
        if *count == BEFORE {
            parents.extend(place.checked_sub(1));
        } else {
            for _ in 0..*count {
                let (parent, behind) = rest.split_first_chunk()?;
                parents.push(u32::from_be_bytes(*parent));
                rest = behind;
            }
        }
        let noted = Noted {
            comparable: u64::from_be_bytes(*clock),
            digest: Cid::from_digest(*digest),
            id: Cid::from_digest(*id),
            parents,
        };
        entries.push((Facts(*facts), noted));
        place = place.checked_add(1)?;
    }
    Some(Outline { entries, synod: Identity::from_bytes(*synod) })
}

/// Writes those records that a node acts on; `None` when there are none.
pub(super) fn write_told<'a>(records: impl Iterator<Item = (u32, &'a [u8])>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for (place, record) in records {
        bytes.extend(place.to_be_bytes());
        bytes.extend(u32::try_from(record.len()).ok()?.to_be_bytes());
        bytes.extend(record);
    }
    if bytes.is_empty() { None } else { pack::encode(&[&bytes]).ok() }
}

/// Reads what [`write_told`] wrote; `None` when it is damaged.
pub(super) fn read_told(bytes: &[u8]) -> Option<Vec<(u32, Vec<u8>)>> {
    let bytes = only(bytes)?;
    let mut rest = bytes.as_slice();
    let mut records = Vec::new();
    while !rest.is_empty() {
        let (place, behind) = rest.split_first_chunk()?;
        let (length, behind) = behind.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (record, behind) = behind.split_at_checked(length)?;
        records.push((u32::from_be_bytes(*place), record.to_vec()));
        rest = behind;
    }
    Some(records)
}

/// The record of a pack that has one.
fn only(bytes: &[u8]) -> Option<Vec<u8>> {
    let [record] = <[Vec<u8>; 1]>::try_from(Pack::decode(bytes).ok()?).ok()?;
    Some(record)
}

#[cfg(test)]
mod tests {
    use effigy_core::payload::{Comment, Delete, Note, Tag};
    use effigy_core::{Draft, Secret, Time};
    use effigy_feed::Verdict;

    use super::*;

    fn entry(parents: &[&Entry], payload: &Payload) -> Entry {
        let secret = Secret::from_seed(&[1; 32]);
        let draft = Draft {
            after: parents.iter().map(|parent| parent.header().comparable).max().unwrap_or(0),
            generation: 0,
            identity: secret.identity(),
            kind: payload.kind().unwrap().to_owned(),
            parents: parents.iter().map(|parent| parent.id()).collect(),
            payload: payload.write().unwrap(),
            synod: Some((Secret::from_seed(&[2; 32]).identity(), Cid::of(b"head"))),
        };
        draft.sign(&secret, Time(1)).unwrap()
    }

    fn note(text: &str) -> Payload {
        Payload::Note(Note { images: Vec::new(), text: text.to_owned() })
    }

    /// A feed with a fork that is healed, and what is noted of its entries.
    fn forked() -> (Feed, Vec<Entry>, Vec<Facts>) {
        let first = entry(&[], &note("first"));
        let left = entry(&[&first], &note("left"));
        let right = entry(&[&first], &note("right"));
        let healed = entry(&[&left, &right], &note("healed"));
        let made = vec![first, left, right, healed];
        let mut feed = Feed::new(made[0].header().identity);
        for entry in &made {
            assert!(matches!(feed.offer(entry, Time(9)), Ok(Verdict::New { .. })));
        }
        let facts = made.iter().map(|entry| Facts::of(entry, Some(&note("x")), None)).collect();
        (feed, made, facts)
    }

    #[test]
    fn an_outline_reads_back_from_any_place_on() {
        let (feed, made, facts) = forked();
        let synod = Secret::from_seed(&[2; 32]).identity();
        for first in 0..4_u32 {
            let bytes = write(&synod, &feed, first, &facts[first as usize..]).unwrap();
            let outline = read(&bytes, first).unwrap();
            assert_eq!(outline.synod, synod);
            for (place, (facts, noted)) in (first..).zip(&outline.entries) {
                assert!(facts.is_post() && facts.has_payload() && !facts.is_told());
                assert_eq!(Some(noted), feed.noted(place).as_ref());
                assert_eq!(noted.id, made[place as usize].id());
            }
        }
        assert_eq!(write(&synod, &feed, 3, &[Facts(1); 2]), None, "the feed has no such entry");
    }

    #[test]
    fn whatever_byte_is_damaged_it_is_noticed() {
        let (feed, _, facts) = forked();
        let synod = Secret::from_seed(&[2; 32]).identity();
        let bytes = write(&synod, &feed, 0, &facts).unwrap();
        let whole = read(&bytes, 0).unwrap();
        let told =
            write_told([(7, b"record".as_slice()), (9, b"".as_slice())].into_iter()).unwrap();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            // Lengths stand there twice: one may be damaged.
            assert!(read(&damaged, 0).is_none_or(|read| read == whole), "byte {place}");
            let cut = read(&bytes[..place], 0);
            assert!(cut.is_none_or(|read| read == whole), "{place} bytes");
        }
        let records = read_told(&told).unwrap();
        assert_eq!(records, [(7, b"record".to_vec()), (9, Vec::new())]);
        for place in 0..told.len() {
            let mut damaged = told.clone();
            damaged[place] ^= 4;
            assert!(read_told(&damaged).is_none_or(|read| read == records), "byte {place}");
        }
        assert_eq!(write_told(std::iter::empty()), None);
    }

    #[test]
    fn what_a_node_acts_on_is_told() {
        let me = Secret::from_seed(&[2; 32]).identity();
        let other = Secret::from_seed(&[3; 32]).identity();
        let plain = entry(&[], &note("text"));
        let fact = |payload: &Payload, me| Facts::of(&plain, Some(payload), me);
        let target = Cid::of(b"x");
        let comment =
            Comment { images: Vec::new(), parent: target, root: target, text: "a".into() };
        let tag = Tag { on: true, target, word: "word".to_owned() };
        for (payload, post) in
            [(note("a"), true), (Payload::Comment(comment), false), (Payload::Tag(tag), false)]
        {
            let facts = fact(&payload, Some(me));
            assert_eq!((facts.is_told(), facts.is_post()), (false, post), "{payload:?}");
        }
        assert!(fact(&Payload::Delete(Delete { target }), None).is_told());
        let sealed = {
            let mut random = effigy_core::random::Random::seeded([1; 32]);
            let reader = effigy_core::seal::SealingSecret::from_bytes([9; 32]).key().unwrap();
            let bytes = effigy_core::seal::seal(b"{}", &[reader], b"", &mut random).unwrap();
            Payload::Sealed(effigy_core::canon::read(&bytes).unwrap())
        };
        assert!(fact(&sealed, Some(me)).is_told(), "one's own may be a follow");
        assert!(!fact(&sealed, Some(other)).is_told(), "others' stay closed");
        let gone = Facts::of(&plain, None, Some(me));
        assert!(!gone.has_payload() && !gone.is_told() && !gone.is_post());
    }
}
