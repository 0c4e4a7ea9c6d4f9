//! Payloads: every kind reads back, nothing else does.

use effigy_core::canon::{CanonError, write};
use effigy_core::payload::{
    AddDevice, Block, Collection, Comment, Content, Delete, File, Film, Follow, Genesis, Hub, Hubs,
    Image, ImageNote, ImageType, Item, Mute, NameDevice, Note, PayloadError, Power, Profile,
    Register, Registers, RevokeDevice, Rewrite, Superseded, Tag, Video,
};
use effigy_core::seal::SealingSecret;
use effigy_core::text::clean_file_name;
use effigy_core::video::VideoType;
use effigy_core::{Cid, Identity, Payload, Signature};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cases;
use crate::json::{GREATEST, nearly, value, words};

const KINDS: [&str; 22] = [
    "add_device",
    "block",
    "comment",
    "delete",
    "epoch",
    "follow",
    "hubs",
    "image",
    "mute",
    "name_device",
    "profile",
    "public_note",
    "registers",
    "revoke_device",
    "rewrite",
    "superseded",
    "synod_final",
    "synod_genesis",
    "tag",
    "video",
    "file",
    "collection",
];

fn cid() -> impl Strategy<Value = Cid> {
    any::<[u8; 32]>().prop_map(Cid::from_digest)
}

fn identity() -> impl Strategy<Value = Identity> {
    any::<[u8; 32]>().prop_map(Identity::from_bytes)
}

fn size() -> impl Strategy<Value = u64> {
    1..=1_u64 << 34
}

fn said() -> impl Strategy<Value = String> {
    words().prop_map(|words| format!("{words}!"))
}

prop_compose! {
    fn content()(
        cid in cid(),
        (height, width) in (1..=8192_u32, 1..=8192_u32),
        image_type in prop::sample::select(vec![ImageType::Jpeg, ImageType::Png, ImageType::Webp]),
        size in 1..=8 * 1024 * 1024_u64,
    ) -> Content {
        Content { cid, height, image_type, size, width }
    }
}

prop_compose! {
    fn image()(
        alt in words(),
        content in content(),
        thumbnail in prop::option::of(content()),
    ) -> Image {
        Image { alt, content, thumbnail }
    }
}

prop_compose! {
    fn add_device()(
        consent in any::<[u8; 64]>(),
        identity in identity(),
        name in words(),
        powers in prop::sample::subsequence(vec![Power::Admin, Power::Post], 0..=2),
        replaces in prop::option::of((identity(), cid())),
        sealing in any::<[u8; 32]>(),
    ) -> AddDevice {
        let sealing_key = SealingSecret::from_bytes(sealing).key().unwrap();
        AddDevice { consent: Signature::from_bytes(consent), identity, name, powers, replaces, sealing_key }
    }
}

fn registers() -> impl Strategy<Value = Payload> {
    let value = (prop::option::of(identity()), words());
    prop::collection::btree_map("[!-~]{1,9}", value, 1..=5).prop_map(|set| {
        let register = |(name, (over, value)): (String, (Option<Identity>, String))| {
            let over = over.map(|device| (device, 1));
            Register { name, over, time: 2, value }
        };
        Payload::Registers(Registers { set: set.into_iter().map(register).collect() })
    })
}

fn superseded() -> impl Strategy<Value = Payload> {
    prop::collection::btree_set(cid(), 1..=9).prop_map(|entries| {
        Payload::Superseded(Superseded { entries: entries.into_iter().collect() })
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    let hub = (identity(), "https://[a-z]{1,9}\\.example(:[1-9][0-9]{3})?")
        .prop_map(|(identity, origin)| Hub { identity, origin });
    prop_oneof![
        add_device().prop_map(Payload::AddDevice),
        (any::<bool>(), identity()).prop_map(|(on, synod)| Payload::Block(Block { on, synod })),
        (any::<bool>(), identity()).prop_map(|(on, synod)| Payload::Follow(Follow { on, synod })),
        (any::<bool>(), identity()).prop_map(|(on, synod)| Payload::Mute(Mute { on, synod })),
        (vec(image(), 0..=8), cid(), cid(), said()).prop_map(|(images, parent, root, text)| {
            Payload::Comment(Comment { images, parent, root, text })
        }),
        cid().prop_map(|target| Payload::Delete(Delete { target })),
        (identity(), said())
            .prop_map(|(identity, name)| Payload::NameDevice(NameDevice { identity, name })),
        (identity(), prop::option::of(cid())).prop_map(|(identity, last_valid)| {
            Payload::RevokeDevice(RevokeDevice { identity, last_valid })
        }),
        any::<[u8; 32]>().prop_map(|bytes| Payload::Genesis(Genesis {
            sealing_key: SealingSecret::from_bytes(bytes).key().unwrap()
        })),
        vec(hub, 0..=8).prop_map(|hubs| Payload::Hubs(Hubs { hubs })),
        image().prop_map(|image| Payload::Image(ImageNote { image })),
        (vec(image(), 0..=8), said())
            .prop_map(|(images, text)| Payload::Note(Note { images, text })),
        (words(), said(), prop::option::of(image()))
            .prop_map(|(about, name, picture)| Payload::Profile(Profile { about, name, picture })),
        (1..=GREATEST, identity(), cid(), cid(), vec(cid(), 0..=9)).prop_map(
            |(generation, identity, new_head, old_head, removed)| {
                Payload::Rewrite(Rewrite { generation, identity, new_head, old_head, removed })
            }
        ),
        (cid(), words(), size(), words()).prop_map(|(cid, name, size, text)| {
            let (mime, name) = ("text/plain".to_owned(), format!("{}x", clean_file_name(&name)));
            Payload::File(File { cid, mime, name: clean_file_name(&name), size, text })
        }),
        (cid(), prop::option::of(image()), size(), words()).prop_map(
            |(cid, poster, size, text)| {
                let (duration, height, width, alt) = (size % 99, 1080, 1920, text.clone());
                let content =
                    Film { cid, duration, height, size, video_type: VideoType::Webm, width };
                Payload::Video(Video { alt, content, poster, text })
            }
        ),
        (vec((cid(), 1..=1_u64 << 26), 1..=5), words()).prop_map(|(items, text)| {
            let item = |(at, (cid, size)): (usize, (Cid, u64))| Item {
                cid,
                name: format!("folder/{at:03}"),
                size,
            };
            let items = items.into_iter().enumerate().map(item).collect();
            Payload::Collection(Collection { items, name: "folder".to_owned(), text })
        }),
        registers(),
        superseded(),
        (any::<bool>(), cid(), said()).prop_map(|(on, target, word)| Payload::Tag(Tag {
            on,
            target,
            word
        })),
    ]
}

/// What has to hold for any bytes under any kind.
fn sound(kind: &str, bytes: &[u8]) {
    if let Ok(payload) = Payload::parse(kind, bytes)
        && payload != Payload::Unknown
    {
        assert_eq!(payload.kind(), Some(kind));
        assert_eq!(payload.write().as_deref(), Ok(bytes), "a payload has one spelling");
    }
}

/// Members that may be left out.
const OPTIONAL: [&str; 5] = ["images", "last_valid", "picture", "poster", "replaces"];

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn any_bytes(kind in prop::sample::select(KINDS.to_vec()), bytes in vec(any::<u8>(), 0..200), text in nearly()) {
        sound(kind, &bytes);
        sound(kind, text.as_bytes());
        sound(&text, &bytes);
    }

    #[test]
    fn what_is_written_reads_back(payload in payload()) {
        let bytes = payload.write().unwrap();
        let kind = payload.kind().unwrap();
        prop_assert_eq!(Payload::parse(kind, &bytes), Ok(payload.clone()));
        for other in KINDS.into_iter().filter(|other| *other != kind) {
            prop_assert_eq!(Payload::parse(other, &bytes), Err(PayloadError::Kind));
        }
    }

    #[test]
    fn any_member_changed_added_or_removed(
        payload in payload(),
        which in any::<prop::sample::Index>(),
        new in value(3),
        name in "[a-z]{1,8}",
    ) {
        let kind = payload.kind().unwrap();
        let good: Value = serde_json::from_slice(&payload.write().unwrap()).unwrap();
        let keys: Vec<String> = good.as_object().unwrap().keys().cloned().collect();
        let key = which.get(&keys);

        let mut changed = good.clone();
        changed[key] = new;
        sound(kind, &write(&changed).unwrap());

        let mut removed = good.clone();
        removed.as_object_mut().unwrap().remove(key);
        let is_optional = |name: &str| OPTIONAL.contains(&name);
        let expected = match key.as_str() {
            "type" => Err(PayloadError::Kind),
            _ => Err(PayloadError::Json(CanonError::Shape)),
        };
        let read = Payload::parse(kind, &write(&removed).unwrap());
        if is_optional(key) { prop_assert!(read.is_ok()) } else { prop_assert_eq!(read, expected) }

        if good.get(&name).is_none() && !is_optional(&name) {
            let mut added = good;
            added[name] = json!(1);
            let read = Payload::parse(kind, &write(&added).unwrap());
            prop_assert_eq!(read, Err(PayloadError::Json(CanonError::Shape)));
        }
    }

    #[test]
    fn a_kind_of_tomorrow_is_kept(kind in "[a-z]{3,9}_of_tomorrow", mut value in crate::json::object()) {
        value["type"] = json!(kind);
        let bytes = write(&value).unwrap();
        prop_assert_eq!(Payload::parse(&kind, &bytes), Ok(Payload::Unknown));
        value["type"] = json!("something_else");
        let bytes = write(&value).unwrap();
        prop_assert_eq!(Payload::parse(&kind, &bytes), Err(PayloadError::Kind));
    }
}

#[test]
fn every_bound_has_its_name() {
    let cid = Cid::of(b"x").to_string();
    let content = |side: u64, size: u64| json!({"cid": cid, "height": side, "mime": "image/png", "size": size, "width": 1});
    let image = |side, size| json!({"alt": "", "content": content(side, size)});
    let note = |text: &str, images: Vec<Value>| {
        let mut note = json!({"text": text, "type": "public_note"});
        if !images.is_empty() {
            note["images"] = images.into();
        }
        note
    };
    let shape = Err(PayloadError::Json(CanonError::Shape));
    for (payload, expected) in [
        (note("x", vec![]), Ok(())),
        (note(&"x".repeat(10_000), vec![]), Ok(())),
        (note(&"x".repeat(10_001), vec![]), Err(PayloadError::TooLong { size: 10_001 })),
        (note(&"x".repeat(15_360), vec![]), Err(PayloadError::TooLong { size: 15_392 })),
        (note(" \n", vec![]), Err(PayloadError::Empty)),
        (note("", vec![image(1, 1)]), Ok(())),
        (note("", vec![image(1, 1); 8]), Ok(())),
        (note("", vec![image(1, 1); 9]), Err(PayloadError::TooMany { count: 9 })),
        (note("", vec![image(0, 1)]), Err(PayloadError::Nonsense)),
        (note("", vec![image(8_193, 1)]), Err(PayloadError::Nonsense)),
        (note("", vec![image(1 << 32, 1)]), shape),
        (note("", vec![image(1, 0)]), Err(PayloadError::Nonsense)),
        (note("", vec![image(1, 8 * 1024 * 1024 + 1)]), Err(PayloadError::Nonsense)),
        (json!({"images": [], "text": "x", "type": "public_note"}), shape),
        (json!({"about": "", "name": " ", "type": "profile"}), Err(PayloadError::Empty)),
        (json!({"about": "", "name": "A", "picture": null, "type": "profile"}), shape),
        (
            json!({"about": "", "name": "é".repeat(81), "type": "profile"}),
            Err(PayloadError::TooLong { size: 162 }),
        ),
        (json!({"on": true, "target": cid, "type": "tag", "word": ""}), Err(PayloadError::Empty)),
        (json!([]), Err(PayloadError::Kind)),
        (json!("public_note"), Err(PayloadError::Kind)),
    ] {
        let kind = payload["type"].as_str().unwrap_or("public_note").to_owned();
        let read = Payload::parse(&kind, &write(&payload).unwrap()).map(|_| ());
        assert_eq!(read, expected, "{payload}");
    }
}
