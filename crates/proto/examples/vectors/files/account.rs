//! What follows from the entries of an account's feed.

use effigy_core::identity::Purpose;
use effigy_core::payload::{AddDevice, Genesis, Hub, Hubs, Note, Power, Profile, consent_bytes};
use effigy_core::seal::SealingSecret;
use effigy_core::{Draft, Entry, Identity, Payload, Secret, Time};
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
    cases.into_iter().map(name).collect()
}

fn refusal(error: &SynodError) -> &'static str {
    match error {
        SynodError::Consent => "refused: consent",
        SynodError::Genesis => "refused: genesis",
        SynodError::Place => "refused: place",
        SynodError::Power => "refused: power",
        _ => "refused",
    }
}

fn case(all: &[&Said]) -> Value {
    let mut feed = Feed::new(synod());
    let mut state = Synod::new(synod());
    let mut offered = Vec::new();
    for Said { entry, payload } in all {
        let verdict = match state.permits(&feed, entry, payload) {
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
    let mut case = summary(&feed);
    case["account"] = json!({
        "devices": devices.collect::<Vec<_>>(),
        "hubs": state.hubs,
        "name": state.profile.map(|profile| profile.name),
    });
    case["entries"] = json!(offered);
    case["generation"] = json!(0);
    case["now"] = json!(NOW.0);
    case
}
