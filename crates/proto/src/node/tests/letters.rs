//! What a letter says: anything at all, from somebody who may write. Nothing of it breaks a node, and
//! nobody else is blamed for it.

use effigy_core::random::Random;
use effigy_core::seal::seal_letter;
use effigy_core::{Secret, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::devices::following;
use super::heads::smaller;
use super::{Actor, Desk, Peer};
use crate::io::Input;
use crate::message::Message;

/// Signals as they are, and what a liar makes of them.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let attempt = r#""attempt":"a""#;
    let did = Secret::from_seed(&[9; 32]).identity();
    let signals = vec![
        format!(r#"{{"type":"offer",{attempt},"sdp":"v=0"}}"#),
        format!(r#"{{"type":"answer",{attempt},"sdp":"v=0"}}"#),
        format!(r#"{{"type":"candidate",{attempt},"candidate":"c","line":0,"mid":"0"}}"#),
        format!(r#"{{"type":"greet","synod":"{did}","token":"AAAAAAAAAAAAAAAAAAAAAA"}}"#),
        format!(r#"{{"type":"greet","synod":"{did}","token":null}}"#),
        r#"{"type":"greeted"}"#.to_owned(),
        r#"{"type":"share","sealed":"AAAA"}"#.to_owned(),
        r#"{"type":"share_state","held":true,"set":"AAAAAAAAAAAAAAAAAAAAAA"}"#.to_owned(),
        r#"{"type":"share_void","set":"AAAAAAAAAAAAAAAAAAAAAA"}"#.to_owned(),
        r#"{"type":"share_noted","set":"AAAAAAAAAAAAAAAAAAAAAA"}"#.to_owned(),
        format!(
            r#"{{"type":"by_hand","answer":true,{attempt},"end":{{"candidates":[],"fingerprint":"f","password":"p","user":"u"}}}}"#
        ),
    ];
    let members = select(vec![
        "null",
        "0",
        "-1",
        "65535",
        "65536",
        "1e99",
        "\"\"",
        "[]",
        "{}",
        "\"\\ud800\"",
        "true",
    ]);
    prop_oneof![
        select(signals.clone()).prop_map(String::into_bytes),
        vec(any::<u8>(), 0..400),
        (select(signals.clone()), any::<Index>(), any::<u8>()).prop_map(|(text, at, to)| {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = to;
            bytes
        }),
        (select(signals.clone()), any::<Index>())
            .prop_map(|(text, at)| text.as_bytes()[..at.index(text.len())].to_vec()),
        // Another value for the last member, or one member more, or a very long one.
        (select(signals.clone()), members.clone()).prop_map(|(text, value)| {
            let at = text.rfind(':').unwrap();
            format!("{}:{value}}}", &text[..at]).into_bytes()
        }),
        (select(signals.clone()), members).prop_map(|(text, value)| {
            format!("{},\"more\":{value}}}", &text[..text.len() - 1]).into_bytes()
        }),
        (select(signals), 0..40_000_usize).prop_map(|(text, length)| {
            text.replace("v=0", &"v".repeat(length)).replacen("\"a\"", "\"b\"", 1).into_bytes()
        }),
    ]
}

fn writes(desk: &mut Desk, hub: Peer, actor: &Actor, text: &[u8]) {
    let to = desk.keys.device.identity();
    let key = desk.keys.sealing.key().unwrap();
    let mut random = Random::seeded([5; 32]);
    let now = Time(desk.now);
    let letter = seal_letter(text, &actor.device, to, &key, now, &mut random).unwrap();
    desk.say(hub.link, Message::MessageFrom { letter });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn a_letter_may_say_anything(texts in vec(text(), 1..20), stranger in any::<bool>()) {
        let friend = smaller(1).remove(0);
        let (mut desk, hub) = following(&[&friend]);
        let writer = if stranger { Actor::new(120) } else { friend };
        desk.heard(hub.link);
        for text in &texts {
            writes(&mut desk, hub, &writer, text);
            desk.pass(10);
        }
        let blamed = desk.heard(hub.link).iter().any(|m| matches!(m, Message::Error { .. }));
        prop_assert!(!blamed, "who passes it on cannot read it");
        prop_assert!(!stranger || desk.rtc.is_empty(), "strangers are shown no address");
        // Of one friend there is one way at most, however many they offer.
        prop_assert!(desk.node.direct.len() <= 1);
        prop_assert!(desk.node.knocking.len() <= texts.len());
        prop_assert!(desk.post("and on"));
        desk.pass(60_000);
        desk.tell(Input::Tick);
    }
}
