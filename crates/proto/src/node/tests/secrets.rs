//! T59: whatever is printed of a node, no secret is to be read in it.

use data_encoding::HEXLOWER;

use super::Desk;
use crate::api::Event;
use crate::node::{Config, Role};

/// Looks that no three bytes of a secret stand in a text, as a list or in hexadecimal.
fn is_silent(text: &str, secret: &[u8]) {
    for bytes in secret.windows(3) {
        let list = format!("{}, {}, {}", bytes[0], bytes[1], bytes[2]);
        assert!(!text.contains(&list) && !text.contains(&HEXLOWER.encode(bytes)), "{text}");
    }
}

#[test]
fn a_node_prints_no_secret() {
    let desk = Desk::person(1);
    let seed: [u8; 32] = std::array::from_fn(|n| (n * 37 + 11) as u8);
    let keys = desk.keys.clone();
    let config = Config { fence: None, hubs: Vec::new(), keys, role: Role::Person, seed };
    is_silent(&format!("{config:?}"), &seed);
    let invite = desk.events.iter().find_map(|event| match event {
        Event::Invite(invite) => Some(invite.clone()),
        _ => None,
    });
    let printed = [format!("{:?}", desk.node), format!("{:?}", desk.events)];
    for text in printed {
        is_silent(&text, &*desk.keys.device.seed());
        is_silent(&text, desk.keys.sealing.bytes());
        is_silent(&text, &invite.as_ref().unwrap().token.0);
        is_silent(&text, &desk.keys.words.as_ref().unwrap().entropy());
    }
}
