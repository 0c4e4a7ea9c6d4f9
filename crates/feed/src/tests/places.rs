//! Which kinds count on which feed: accounts say who somebody is, devices say everything else.

use effigy_core::payload::{Comment, Image, ImageType, Note, Power, Profile, Tag};
use effigy_core::{Cid, Entry, Payload};

use super::{account, add, answers, entry, genesis, note, secret, world};
use crate::View;

/// A view of the world, which is seen by the account 20.
fn view() -> View {
    let mut view = View::new(secret(20).identity());
    for (entry, payload) in world() {
        view.insert(&entry, &payload);
    }
    view
}

fn named(name: &str) -> Payload {
    Payload::Profile(Profile { name: name.to_owned(), ..Profile::default() })
}

#[test]
fn a_device_says_nothing_of_who_anybody_is() {
    let mut view = view();
    let before = answers(&view);
    // A device that belongs to somebody, one that belongs to nobody, and one that says it is of
    // the account that looks.
    for (device, synod) in [(11, 21), (40, 41), (42, 20)] {
        for payload in [
            named("another"),
            add(device, synod, vec![Power::Admin]),
            add(43, device, vec![Power::Post]),
            genesis(),
        ] {
            let said = entry(device, synod, &[], 5_000, &payload);
            view.insert(&said, &payload);
            assert_eq!(answers(&view), before, "{payload:?}");
        }
    }
    // What is posted by a device that was named like that is shown to nobody.
    let posing = note("I am them");
    let said = entry(43, 11, &[], 6_000, &posing);
    view.insert(&said, &posing);
    assert!(view.post_by_id(&said.id()).is_none());
    assert!(view.person(&secret(41).identity()).is_none(), "nobody came into being");
    assert!(view.person(&secret(11).identity()).is_none(), "a device is no person");
}

#[test]
fn an_account_posts_nothing() {
    let mut view = view();
    let before = answers(&view);
    let target = Cid::of(b"anything");
    let content = effigy_core::payload::Content {
        cid: target,
        height: 1,
        image_type: ImageType::Png,
        size: 1,
        width: 1,
    };
    let image = Image { alt: String::new(), content, thumbnail: None };
    for payload in [
        note("from the account itself"),
        Payload::Note(Note { images: vec![image], text: String::new() }),
        Payload::Comment(Comment {
            images: Vec::new(),
            parent: target,
            root: target,
            text: "answer".to_owned(),
        }),
    ] {
        let said = account(21, 21, &[], 5_000, &payload);
        view.insert(&said, &payload);
        assert!(view.post_by_id(&said.id()).is_none());
        assert_eq!(answers(&view), before, "{payload:?}");
    }
    let tag = Payload::Tag(Tag { on: true, target, word: "word".to_owned() });
    let said: Entry = account(21, 21, &[], 5_000, &tag);
    view.insert(&said, &tag);
    assert!(!view.timeline(None, 100).contains(&said.id()));
}
