//! What follows from the entries of an account's feed.

use effigy_core::identity::Purpose;
use effigy_core::payload::{
    AddDevice, Epoch, Final, Genesis, Hub, Hubs, NameDevice, Note, Power, Profile, RevokeDevice,
    consent_bytes,
};
use effigy_core::random::Random;
use effigy_core::seal::{SealingSecret, seal};
use effigy_core::{Cid, Draft, Entry, Identity, Payload, Secret, Time};
use effigy_feed::{Feed, Synod, SynodError, Verdict};
use serde_json::{Value, json};

use super::feed::{NOW, summary, word};

/// The key with this number.
fn key(number: u8) -> Secret {
    Secret::from_seed(&[number; 32])
}

/// The account's root has number 2, its devices 1 and 3, a stranger's device 9.
fn synod() -> Identity {
    key(2).identity()
}

struct Said {
    entry: Entry,
    payload: Payload,
}

/// An entry of the account's feed, signed by this key.
fn said(signer: u8, minutes: u64, payload: Payload, parents: &[&Said]) -> Said {
    let draft = Draft {
        after: 0,
        generation: 0,
        identity: synod(),
        kind: payload.kind().unwrap().to_owned(),
        parents: parents.iter().map(|parent| parent.entry.id()).collect(),
        payload: payload.write().unwrap(),
        synod: None,
    };
    let clock = Time(NOW.0 - 3_600_000 + minutes * 60_000);
    Said { entry: draft.sign(&key(signer), clock).unwrap(), payload }
}

fn genesis() -> Payload {
    Payload::Genesis(Genesis { sealing_key: SealingSecret::from_bytes([2; 32]).key().unwrap() })
}

/// A device that agreed to belong to an account joins this one.
fn add(device: &Secret, agreed: Identity, name: &str, powers: &[Power]) -> Payload {
    let sealing_key = SealingSecret::from_bytes([7; 32]).key().unwrap();
    Payload::AddDevice(AddDevice {
        consent: device.sign(Purpose::Consent, &consent_bytes(agreed, &sealing_key)),
        identity: device.identity(),
        name: name.to_owned(),
        powers: powers.to_vec(),
        replaces: None,
        sealing_key,
    })
}

fn named(name: &str) -> Payload {
    Payload::Profile(Profile { name: name.to_owned(), ..Profile::default() })
}

fn met(origin: &str) -> Payload {
    let hub = Hub { identity: key(8).identity(), origin: origin.to_owned() };
    Payload::Hubs(Hubs { hubs: vec![hub] })
}

fn revoke(device: u8, last: &str) -> Payload {
    let last_valid = Some(Cid::of(last.as_bytes()));
    Payload::RevokeDevice(RevokeDevice { identity: key(device).identity(), last_valid })
}

/// A key for all devices, its secret sealed for the root.
fn epoch(number: u8) -> Payload {
    let secret = SealingSecret::from_bytes([number; 32]);
    let root = SealingSecret::from_bytes([2; 32]).key().unwrap();
    let mut random = Random::seeded([number; 32]);
    let sealed = seal(secret.bytes(), &[root], b"", &mut random).unwrap();
    let secrets = effigy_core::canon::read(&sealed).unwrap();
    Payload::Epoch(Epoch { key: secret.key().unwrap(), secrets })
}

/// What follows where devices are removed. Devices 1, 3 and 5 were added by the root.
fn removals() -> Vec<(&'static str, Value)> {
    let both = [Power::Admin, Power::Post];
    let begin = said(2, 1, genesis(), &[]);
    let phone = said(2, 2, add(&key(1), synod(), "phone", &both), &[&begin]);
    let laptop = said(2, 3, add(&key(3), synod(), "laptop", &both), &[&phone]);
    let tablet = said(2, 4, add(&key(5), synod(), "tablet", &both), &[&laptop]);
    let with = |more: &[&Said]| -> Value {
        let said: Vec<&Said> =
            [&begin, &phone, &laptop, &tablet].into_iter().chain(more.iter().copied()).collect();
        case(&said)
    };
    let out = said(1, 10, revoke(3, "last"), &[&tablet]);
    let other = said(5, 11, revoke(3, "an earlier one"), &[&tablet]);
    let back = said(3, 9, revoke(1, "nothing"), &[&tablet]);
    let thief = said(3, 5, add(&key(7), synod(), "a thief's", &both), &[&tablet]);
    let before = said(1, 10, revoke(3, "last"), &[&thief]);
    let late = said(3, 12, named("late"), &[&out]);
    let by_root = said(2, 20, revoke(3, "last"), &[&tablet]);
    let settled = said(2, 20, revoke(1, "everything"), &[&out, &back]);
    let again = said(2, 12, add(&key(3), synod(), "laptop", &both), &[&out]);
    let added = said(1, 10, add(&key(7), synod(), "new", &both), &[&tablet]);
    let early = said(7, 11, revoke(3, "x"), &[&added]);
    let Payload::AddDevice(mut phoenix) = add(&key(7), synod(), "laptop", &both) else {
        unreachable!()
    };
    phoenix.replaces = Some((key(3).identity(), Cid::of(b"last")));
    let phoenix = said(1, 10, Payload::AddDevice(phoenix), &[&tablet]);
    let name = NameDevice { identity: key(3).identity(), name: "kitchen".to_owned() };
    let name = said(1, 10, Payload::NameDevice(name), &[&tablet]);
    let first = said(1, 6, epoch(51), &[&tablet]);
    let unknowing = said(5, 11, epoch(52), &[&first]);
    let next = said(5, 12, epoch(53), &[&out]);
    let end = said(2, 10, Payload::Final(Final {}), &[&tablet]);
    let after = said(2, 11, named("late"), &[&end]);
    let by_device = said(1, 10, Payload::Final(Final {}), &[&tablet]);
    vec![
        ("a device is removed", with(&[&out])),
        ("what a removed device states afterwards is refused", with(&[&out, &late])),
        ("two removals of one device", with(&[&out, &other])),
        ("devices that remove each other are both out", with(&[&out, &back])),
        ("what a device added while it was removed is void", with(&[&thief, &out])),
        ("what it added before counts", with(&[&thief, &before])),
        ("the root removes a device that removes another", with(&[&by_root, &back])),
        ("the root says anew how much counts", with(&[&out, &back, &settled])),
        ("a removed key never returns", with(&[&out, &again])),
        ("a new device removes within a day", with(&[&added, &early])),
        ("a device takes another's place", with(&[&phoenix])),
        ("a device is called something else", with(&[&name])),
        ("an epoch begins", with(&[&first])),
        ("an epoch that was begun in ignorance of a removal", with(&[&first, &out, &unknowing])),
        ("an epoch for those that remain", with(&[&first, &out, &unknowing, &next])),
        ("the account is closed", with(&[&end, &after])),
        ("a device closes the account", with(&[&by_device])),
    ]
}

pub(super) fn cases() -> Vec<Value> {
    let both = [Power::Admin, Power::Post];
    let begin = said(2, 1, genesis(), &[]);
    let phone = said(2, 2, add(&key(1), synod(), "phone", &both), &[&begin]);
    let ana = said(2, 3, named("Ana"), &[&phone]);
    let later = said(1, 5, named("Ana Lima"), &[&ana]);
    let earlier = said(1, 4, named("an earlier name"), &[&ana]);
    let hub = said(1, 6, met("https://hub.example"), &[&later]);
    let poster = said(1, 6, add(&key(3), synod(), "old phone", &[Power::Post]), &[&later]);
    let again = said(1, 7, add(&key(1), synod(), "another name", &both), &[&later]);
    let unwilling = said(1, 6, add(&key(9), key(4).identity(), "dragged", &both), &[&later]);
    let itself = said(2, 6, add(&key(2), synod(), "itself", &both), &[&later]);
    let note = Payload::Note(Note { images: Vec::new(), text: "Hello".to_owned() });
    let misplaced = said(1, 6, note, &[&later]);
    let stranger = said(9, 6, named("a stranger"), &[&later]);
    let too_early = said(1, 6, named("before the power"), &[&begin]);
    let by_poster = said(3, 7, named("without admin"), &[&poster]);
    let nameless = said(2, 1, named("no beginning"), &[]);
    let usurped = said(9, 2, genesis(), &[]);
    let whole = [&begin, &phone, &ana, &later];
    let with = |more: &[&Said]| -> Value {
        let said: Vec<&Said> = whole.iter().copied().chain(more.iter().copied()).collect();
        case(&said)
    };
    let cases = [
        ("an account begins", case(&[&begin, &phone, &ana])),
        ("a device with power goes on, and says where to meet", with(&[&hub])),
        ("of two profiles the one with the later clock counts", with(&[&earlier])),
        ("a device may only post", with(&[&poster])),
        ("of two entries about one device the earlier names it", with(&[&again])),
        ("a device that agreed to another account", with(&[&unwilling])),
        ("an account is no device of its own", with(&[&itself])),
        ("a post has no place here", with(&[&misplaced])),
        ("a stranger signs", with(&[&stranger])),
        ("a device signs without the entry that gave it power", with(&[&too_early])),
        ("a device without admin signs", with(&[&poster, &by_poster])),
        ("a beginning that is none", case(&[&nameless])),
        ("somebody else's beginning", case(&[&begin, &usurped])),
    ];
    let name = |(name, mut case): (&str, Value)| {
        case["name"] = json!(name);
        case
    };
    cases.into_iter().chain(removals()).map(name).collect()
}

fn refusal(error: &SynodError) -> &'static str {
    match error {
        SynodError::Closed => "refused: closed",
        SynodError::Consent => "refused: consent",
        SynodError::Genesis => "refused: genesis",
        SynodError::Place => "refused: place",
        SynodError::Power => "refused: power",
        SynodError::Removed => "refused: removed",
        SynodError::TooSoon => "refused: too soon",
        _ => "refused",
    }
}

fn case(all: &[&Said]) -> Value {
    let mut feed = Feed::new(synod());
    let mut state = Synod::new(synod());
    let mut offered = Vec::new();
    for Said { entry, payload } in all {
        let verdict = match state.permits(entry, payload) {
            Err(error) => refusal(&error),
            Ok(()) => {
                let verdict = feed.offer(entry, NOW);
                if matches!(verdict, Ok(Verdict::New { .. })) {
                    state.apply(entry, payload);
                }
                word(&verdict)
            }
        };
        offered.push(json!({
            "entry": String::from_utf8(entry.bytes().to_vec()).unwrap(),
            "payload": String::from_utf8(payload.write().unwrap()).unwrap(),
            "verdict": verdict,
        }));
    }
    let devices = state.devices.iter().map(|(identity, device)| {
        json!({"identity": identity, "name": device.name, "powers": device.powers})
    });
    let former = state.former.iter().map(|(identity, former)| {
        json!({
            "identity": identity, "last_valid": former.last_valid, "name": former.name,
            "replaced_by": former.replaced_by,
        })
    });
    let mut case = summary(&feed);
    case["account"] = json!({
        "closed": state.closed(),
        "epoch": state.epoch(),
        "former": former.collect::<Vec<_>>(),
        "devices": devices.collect::<Vec<_>>(),
        "hubs": state.hubs,
        "name": state.profile.as_ref().map(|profile| &profile.name),
    });
    case["entries"] = json!(offered);
    case["generation"] = json!(0);
    case["now"] = json!(NOW.0);
    case
}
