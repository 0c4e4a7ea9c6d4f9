//! Somebody whose entries are written by hand, rightly or wrongly.

use std::collections::BTreeMap;

use effigy_core::identity::Purpose;
use effigy_core::payload::{AddDevice, Genesis, Note, Power, Profile, consent_bytes};
use effigy_core::seal::SealingSecret;
use effigy_core::{Cid, Draft, Entry, Identity, Payload, Secret, Time};
use effigy_feed::Feed;

use super::desk::Desk;
use crate::io::Link;
use crate::message::{Message, Record, WireHead};

/// A person with one device, and what they wrote.
pub(super) struct Actor {
    pub root: Secret,
    pub device: Secret,
    pub sealing: SealingSecret,
    /// Entries of both feeds by feed, parents before children.
    pub feeds: BTreeMap<Identity, Vec<Record>>,
    clock: u64,
}

impl Actor {
    /// Somebody with an account and a device.
    pub(super) fn new(seed: u8) -> Self {
        let device = Secret::from_seed(&[seed.wrapping_add(100); 32]);
        let sealing = SealingSecret::from_bytes([seed; 32]);
        Self::with(Secret::from_seed(&[seed; 32]), device, sealing, format!("actor {seed}"))
    }

    fn with(root: Secret, device: Secret, sealing: SealingSecret, name: String) -> Self {
        let (feeds, clock) = (BTreeMap::new(), 1_763_600_000_000);
        let mut actor = Self { root, device, sealing, feeds, clock };
        let sealing_key = actor.sealing.key().unwrap();
        actor.by_root(Payload::Genesis(Genesis { sealing_key }));
        let device = actor.device.clone();
        actor.add(&device);
        let profile = Profile { name, ..Profile::default() };
        actor.by_root(Payload::Profile(profile));
        actor
    }

    /// Somebody whose root is known to the test.
    pub(super) fn of_root(root: Secret) -> Self {
        let device = Secret::from_seed(&[201; 32]);
        Self::with(root, device, SealingSecret::from_bytes([202; 32]), "rooted".to_owned())
    }

    /// One of many people, with a post each.
    pub(super) fn numbered(number: u32) -> Self {
        let seed =
            |part: u8| *Cid::of(&[&[part], number.to_be_bytes().as_slice()].concat()).digest();
        let name = format!("actor {number}");
        let mut actor = Self::with(
            Secret::from_seed(&seed(0)),
            Secret::from_seed(&seed(1)),
            SealingSecret::from_bytes(seed(2)),
            name,
        );
        actor.posts("first");
        actor
    }

    pub(super) fn synod(&self) -> Identity {
        self.root.identity()
    }

    pub(super) fn device(&self) -> Identity {
        self.device.identity()
    }

    /// Adds a device that agrees.
    pub(super) fn add(&mut self, device: &Secret) {
        let sealing_key = self.sealing.key().unwrap();
        let consent = device.sign(Purpose::Consent, &consent_bytes(self.synod(), &sealing_key));
        self.by_root(Payload::AddDevice(AddDevice {
            consent,
            identity: device.identity(),
            name: "device".to_owned(),
            powers: vec![Power::Admin, Power::Post],
            replaces: None,
            sealing_key,
        }));
    }

    /// Writes on the synod's feed, signed by the root.
    pub(super) fn by_root(&mut self, payload: Payload) -> Record {
        let (feed, secret) = (self.synod(), self.root.clone());
        self.write(feed, &secret, payload)
    }

    /// Writes on the device's feed.
    pub(super) fn says(&mut self, payload: Payload) -> Record {
        let (feed, secret) = (self.device(), self.device.clone());
        self.write(feed, &secret, payload)
    }

    pub(super) fn posts(&mut self, text: &str) -> Record {
        self.says(Payload::Note(Note { images: Vec::new(), text: text.to_owned() }))
    }

    /// Writes after the last entry of a feed.
    pub(super) fn write(&mut self, feed: Identity, secret: &Secret, payload: Payload) -> Record {
        let parents = self.feed(feed).last().map(|record| record.entry.id());
        self.clock += 1_000;
        let clock = self.clock;
        let record = self.sign(feed, secret, payload, parents.into_iter().collect(), clock);
        self.feeds.entry(feed).or_default().push(record.clone());
        record
    }

    /// Signs an entry with these parents at this moment, and does not keep it.
    pub(super) fn sign(
        &self,
        feed: Identity,
        secret: &Secret,
        payload: Payload,
        parents: Vec<Cid>,
        clock: u64,
    ) -> Record {
        let bytes = payload.write().unwrap();
        let synod_head = self.feed(self.synod()).last().map(|record| record.entry.id());
        let named = (feed != self.synod()).then(|| (self.synod(), synod_head.unwrap()));
        let draft = Draft {
            after: 0,
            generation: 0,
            identity: feed,
            kind: payload.kind().unwrap().to_owned(),
            parents,
            payload: bytes.clone(),
            synod: named,
        };
        let entry: Entry = draft.sign(secret, Time(clock)).unwrap();
        Record { entry, payload: Some((bytes, payload)) }
    }

    pub(super) fn feed(&self, feed: Identity) -> &[Record] {
        self.feeds.get(&feed).map_or(&[], Vec::as_slice)
    }

    pub(super) fn head(&self, feed: Identity) -> WireHead {
        let last = &self.feed(feed).last().unwrap().entry;
        let mut all = Feed::new(feed);
        all.begin(last.header().generation);
        for record in self.feed(feed) {
            // Some of these actors write what nobody takes.
            let _ = all.offer(&record.entry, Time(u64::MAX / 2));
        }
        WireHead {
            comparable: last.header().comparable,
            count: self.feed(feed).len() as u64,
            generation: last.header().generation,
            id: last.id(),
            identity: feed,
            state: all.fork().map(|_| all.state()),
        }
    }

    /// Tells the node of both feeds and answers its questions honestly, until it has no more.
    pub(super) fn gives(&self, desk: &mut Desk, link: Link) {
        let heads = self.feeds.keys().map(|feed| self.head(*feed)).collect();
        desk.say(link, Message::LastKnownHeads { heads });
        self.answers(desk, link);
    }

    /// Answers questions for entries honestly, until there are no more. Other messages are dropped.
    pub(super) fn answers(&self, desk: &mut Desk, link: Link) {
        for _ in 0..100 {
            let mut asked = false;
            for message in desk.heard(link) {
                match message {
                    Message::GetHeads { identities } => {
                        let known = identities.iter().filter(|feed| self.feeds.contains_key(feed));
                        let heads: Vec<WireHead> = known.map(|feed| self.head(*feed)).collect();
                        if !heads.is_empty() {
                            asked = true;
                            desk.say(link, Message::LastKnownHeads { heads });
                        }
                    }
                    Message::GetEntries { after, identity, limit, request, skip, .. } => {
                        asked = true;
                        let limit = limit as usize;
                        let (records, more) = self.after(identity, &after, skip as usize, limit);
                        desk.say(link, Message::Entries { identity, more, records, request });
                    }
                    _ => (),
                }
            }
            if !asked {
                return;
            }
        }
        unreachable!("asks for ever");
    }

    pub(super) fn after(
        &self,
        feed: Identity,
        after: &[Cid],
        skip: usize,
        limit: usize,
    ) -> (Vec<Record>, bool) {
        let records = self.feed(feed);
        let mut held = after.to_vec();
        for record in records.iter().rev() {
            if held.contains(&record.entry.id()) {
                held.extend(&record.entry.header().parents);
            }
        }
        let lacking = records.iter().filter(|record| !held.contains(&record.entry.id()));
        let lacking: Vec<Record> = lacking.skip(skip).cloned().collect();
        (lacking.iter().take(limit).cloned().collect(), lacking.len() > limit)
    }
}
