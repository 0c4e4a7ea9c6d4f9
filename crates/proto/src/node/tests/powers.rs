//! What a device may do that may only post: its posts count, and of what else it states nobody takes
//! anything, neither followers nor hubs.

use effigy_core::identity::Purpose;
use effigy_core::payload::{AddDevice, NameDevice, Power, Profile, RevokeDevice, consent_bytes};
use effigy_core::{Payload, Secret};

use super::devices::{following, held};
use super::{Actor, Desk, Peer};
use crate::message::{ErrorCode, Message};

fn poster() -> Secret {
    Secret::from_seed(&[77; 32])
}

/// Somebody with a device that may only post, which has posted.
fn actor() -> Actor {
    let mut ben = Actor::new(2);
    let (device, sealing_key) = (poster(), ben.sealing.key().unwrap());
    let consent = device.sign(Purpose::Consent, &consent_bytes(ben.synod(), &sealing_key));
    ben.by_root(Payload::AddDevice(AddDevice {
        consent,
        identity: device.identity(),
        name: "tablet".to_owned(),
        powers: vec![Power::Post],
        replaces: None,
        sealing_key,
    }));
    let text = "from the tablet".to_owned();
    let note = Payload::Note(effigy_core::payload::Note { text, ..Default::default() });
    ben.write(device.identity(), &device, note);
    ben
}

/// All that only a device with `admin` may state.
fn beyond(ben: &Actor) -> Vec<Payload> {
    let sealing_key = ben.sealing.key().unwrap();
    let friend = Secret::from_seed(&[78; 32]);
    let consent = friend.sign(Purpose::Consent, &consent_bytes(ben.synod(), &sealing_key));
    let (identity, name) = (ben.device(), "mine".to_owned());
    vec![
        Payload::AddDevice(AddDevice {
            consent,
            identity: friend.identity(),
            name: name.clone(),
            powers: vec![Power::Admin],
            replaces: None,
            sealing_key,
        }),
        Payload::NameDevice(NameDevice { identity, name: name.clone() }),
        Payload::Profile(Profile { name, ..Profile::default() }),
        Payload::RevokeDevice(RevokeDevice { identity, last_valid: None }),
    ]
}

/// Whoever passes on what such a device states is told, and nothing of it is kept.
fn takes_only_posts(desk: &mut Desk, peer: Peer, ben: &Actor, payload: Payload) {
    let (synod, told) = (ben.synod(), format!("{payload:?}"));
    assert_eq!(held(desk, peer.link, poster().identity()), 1, "what it posts counts");
    let before = held(desk, peer.link, synod);
    let last = &ben.feed(synod).last().unwrap().entry;
    let clock = last.header().comparable + 1;
    let forged = ben.sign(synod, &poster(), payload, vec![last.id()], clock);
    let mut head = ben.head(synod);
    (head.count, head.id, head.comparable) = (head.count + 1, forged.entry.id(), clock);
    desk.say(peer.link, Message::LastKnownHeads { heads: vec![head] });
    let request = desk.heard(peer.link).into_iter().find_map(|message| match message {
        Message::GetEntries { identity, request, .. } if identity == synod => Some(request),
        _ => None,
    });
    let (request, records) = (request.expect("a question"), vec![forged]);
    desk.say(peer.link, Message::Entries { identity: synod, more: false, records, request });
    let malformed =
        |message: &Message| matches!(message, Message::Error { code: ErrorCode::Malformed, .. });
    assert!(desk.heard(peer.link).iter().any(malformed), "{told}");
    assert_eq!(held(desk, peer.link, synod), before, "{told}");
}

#[test]
fn a_follower_takes_its_posts_and_nothing_else() {
    for payload in beyond(&actor()) {
        let ben = actor();
        let (mut desk, hub) = following(&[&ben]);
        ben.gives(&mut desk, hub.link);
        takes_only_posts(&mut desk, hub, &ben, payload);
    }
}

#[test]
fn a_hub_takes_its_posts_and_nothing_else() {
    for payload in beyond(&actor()) {
        let ben = actor();
        let mut hub = Desk::hub(10, 1 << 20);
        let peer = hub.enters(1, &ben.device, Some(ben.synod()));
        ben.gives(&mut hub, peer.link);
        ben.gives(&mut hub, peer.link);
        takes_only_posts(&mut hub, peer, &ben, payload);
    }
}
