//! Which own pictures a hub is known to have: only what it says itself, and for good.

use effigy_core::{Cid, Secret};

use super::drafts::picture;
use super::{Actor, Desk};
use crate::api::Command;
use crate::message::Message;

/// The pictures that no hub is known to have, as the person is told.
fn uploads(desk: &mut Desk) -> Vec<Cid> {
    desk.pass(3_000);
    desk.network().map(|network| network.uploads).unwrap_or_default()
}

fn posts(desk: &mut Desk) {
    let (pictures, text) = (vec![picture()], "with a picture".to_owned());
    desk.ask(|ticket| Command::Publish { pictures, text, ticket });
}

#[test]
fn a_picture_is_uploaded_when_a_hub_says_so() {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    desk.heard(hub.link);
    posts(&mut desk);
    let asked = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::IWant { cids } => Some(cids),
        _ => None,
    });
    let mine = uploads(&mut desk);
    assert!(!mine.is_empty());
    assert_eq!(asked, Some(mine.clone()), "the hub is asked to say when it has them");
    // Somebody else may have them long before.
    let ben = Actor::new(2);
    let way = desk.enters(1, &ben.device.clone(), Some(ben.synod()));
    let blobs: Vec<(Cid, u64)> = mine.iter().map(|cid| (*cid, 1)).collect();
    desk.say(way.link, Message::IHave { blobs: blobs.clone() });
    assert_eq!(uploads(&mut desk), mine);
    // After a restart it is not forgotten, and asked again.
    desk.restart();
    assert_eq!(uploads(&mut desk), mine);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let again = desk.heard(hub.link);
    assert!(again.contains(&Message::IWant { cids: mine.clone() }), "{again:?}");
    desk.say(hub.link, Message::IHave { blobs });
    assert_eq!(uploads(&mut desk), []);
    desk.restart();
    assert_eq!(uploads(&mut desk), [], "nor is that");
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let later = desk.heard(hub.link);
    assert!(!later.iter().any(|message| matches!(message, Message::IWant { .. })), "{later:?}");
}

#[test]
fn of_the_last_pictures_only_it_is_known() {
    let mut desk = Desk::person(1);
    desk.node.uploads.extend((0..u32::MAX).take(300).map(|n| Cid::of(&n.to_be_bytes())));
    posts(&mut desk);
    let left = uploads(&mut desk);
    assert_eq!(left.len(), crate::node::uploads::UPLOADS);
    assert!(!left.contains(&Cid::of(&0_u32.to_be_bytes())), "the oldest are believed");
}
