//! What is sealed for the own devices, and who opens it.

use std::collections::BTreeMap;

use effigy_core::identity::Purpose;
use effigy_core::payload::{AddDevice, Follow, Power, consent_bytes};
use effigy_core::seal::{self, SealingSecret};
use effigy_core::{Draft, Identity, Payload, Secret, Time};
use effigy_feed::{Feed, Relation};
use effigy_store::{Key, Pack, Table, pack};

use super::{Actor, Desk};
use crate::api::Command;
use crate::keys::Keys;
use crate::message::Record;
use crate::node::epochs::seal_binding;
use crate::node::record;

pub(super) fn them(seed: u8) -> Identity {
    Secret::from_seed(&[seed; 32]).identity()
}

pub(super) fn follow(desk: &mut Desk, synod: Identity) {
    desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Follow, synod, ticket });
}

pub(super) fn follows(desk: &Desk, synod: Identity) -> bool {
    desk.node.relations.holds(Relation::Follow, &synod)
}

fn records_of(disk: &BTreeMap<Key, Vec<u8>>, feed: Identity) -> Vec<Vec<u8>> {
    let packs = disk.iter().filter(|(key, _)| key.table == Table::Packs);
    let of_feed = packs.filter(|(key, _)| key.bytes.starts_with(feed.bytes()));
    of_feed.flat_map(|(_, bytes)| Pack::decode(bytes).unwrap()).collect()
}

/// A disk with one pack of this feed.
fn disk_of(feed: Identity, records: &[Vec<u8>]) -> (Key, Vec<u8>) {
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    let key = [feed.bytes().as_slice(), &[0; 12]].concat();
    (Key::new(Table::Packs, key), pack::encode(&records).unwrap())
}

/// Another device of the same account, which the root added: it has the account's feed so far.
pub(super) fn second(desk: &Desk, seed: u8) -> Desk {
    let (synod, words) = (desk.keys.synod.unwrap(), desk.keys.words.clone().unwrap());
    let (device, sealing) = (Secret::from_seed(&[seed; 32]), SealingSecret::from_bytes([seed; 32]));
    let mut records = records_of(&desk.disk, synod);
    let mut feed = Feed::new(synod);
    for bytes in &records {
        feed.offer(&record::reload(bytes).unwrap().entry, Time(u64::MAX / 2)).unwrap();
    }
    let sealing_key = sealing.key().unwrap();
    let payload = Payload::AddDevice(AddDevice {
        consent: device.sign(Purpose::Consent, &consent_bytes(synod, &sealing_key)),
        identity: device.identity(),
        name: format!("device {seed}"),
        powers: vec![Power::Admin, Power::Post],
        replaces: None,
        sealing_key,
    });
    let bytes = payload.write().unwrap();
    let (parents, after) = feed.ends();
    let draft = Draft {
        after,
        generation: 0,
        identity: synod,
        kind: "add_device".to_owned(),
        parents,
        payload: bytes.clone(),
        synod: None,
    };
    let entry = draft.sign(&words.root_sign(), Time(desk.now)).unwrap();
    records.push(record::encode(entry.bytes(), Some(&bytes)));
    let keys =
        Keys { device, joining: false, sealing, synod: Some(synod), voucher: None, words: None };
    let mut second = Desk::kept(keys, BTreeMap::from([disk_of(synod, &records)]));
    second.now = desk.now;
    second
}

/// What somebody has who has nothing but what others keep, and the words.
fn by_words(desk: &Desk) -> Desk {
    let (synod, words) = (desk.keys.synod, desk.keys.words.clone());
    let (device, sealing) = (Secret::from_seed(&[77; 32]), SealingSecret::from_bytes([77; 32]));
    Desk::kept(
        Keys { device, joining: false, sealing, synod, voucher: None, words },
        desk.disk.clone(),
    )
}

#[test]
fn the_words_open_what_was_sealed() {
    let mut desk = Desk::person(1);
    follow(&mut desk, them(50));
    let again = by_words(&desk);
    assert!(follows(&again, them(50)));
    desk.restart();
    assert!(follows(&desk, them(50)), "and so does the device itself");
    let stranger = Keys { words: None, ..by_words(&desk).keys };
    assert!(!follows(&Desk::kept(stranger, desk.disk.clone()), them(50)));
}

#[test]
fn a_device_that_comes_later_opens_what_was_sealed_before() {
    let mut desk = Desk::person(1);
    follow(&mut desk, them(50));
    let mut other = second(&desk, 60);
    assert!(!follows(&other, them(50)));
    desk.connect(&mut other);
    assert!(follows(&other, them(50)), "somebody sealed the secret for it");
    let peer = super::Peer { link: crate::io::Link(crate::io::Link::ACCEPTED + 77) };
    follow(&mut other, them(51));
    other.talk(&mut desk, peer);
    assert!(follows(&desk, them(51)));
    other.restart();
    assert!(follows(&other, them(50)) && follows(&other, them(51)));
    // One epoch, and one share of it.
    let synod = desk.keys.synod.unwrap();
    let stated = records_of(&desk.disk, synod);
    let epochs = stated.iter().filter(|bytes| {
        matches!(record::reload(bytes).unwrap().payload, Some((_, Payload::Epoch(_))))
    });
    assert_eq!(epochs.count(), 2);
}

#[test]
fn what_an_account_sealed_before_epochs_is_stated_once_more() {
    let mut actor = Actor::new(9);
    let text = Payload::Follow(Follow { on: true, synod: them(50) }).write().unwrap();
    let mut random = effigy_core::random::Random::seeded([3; 32]);
    let binding = seal_binding(actor.device(), &[]);
    let readers = [actor.sealing.key().unwrap()];
    let sealed = seal::seal(&text, &readers, &binding, &mut random).unwrap();
    actor.says(Payload::Sealed(effigy_core::canon::read(&sealed).unwrap()));
    let bytes = |record: &Record| {
        record::encode(record.entry.bytes(), record.payload.as_ref().map(|(b, _)| b.as_slice()))
    };
    let disk = [actor.synod(), actor.device()]
        .map(|feed| disk_of(feed, &actor.feed(feed).iter().map(bytes).collect::<Vec<_>>()));
    let keys = Keys {
        device: actor.device.clone(),
        joining: false,
        sealing: actor.sealing.clone(),
        synod: Some(actor.synod()),
        voucher: None,
        words: None,
    };
    let mut desk = Desk::kept(keys, disk.into_iter().collect());
    assert!(follows(&desk, them(50)));
    desk.pass(10_000);
    assert!(desk.node.my_account().unwrap().epoch().is_some());
    desk.restart();
    desk.pass(60_000);
    assert!(follows(&desk, them(50)));
    assert_eq!(desk.records(actor.device()), 2, "once more, and not again at every start");
    let last = records_of(&desk.disk, actor.device()).pop().unwrap();
    let record = record::reload(&last).unwrap();
    let Some((_, Payload::Sealed(envelope))) = record.payload else { unreachable!() };
    let binding = seal_binding(actor.device(), &record.entry.header().parents);
    assert!(
        seal::open(&envelope, &actor.sealing, &binding).is_err(),
        "to the epoch, not the device"
    );
}
