//! Payloads of every kind.

use effigy_core::canon::write;
use effigy_core::payload::{
    AddDevice, Block, Collection, Comment, Content, Delete, Epoch, Film, Final, Follow, Genesis,
    Hub, Hubs, Image, ImageNote, ImageType, Item, Mute, NameDevice, Note, Power, Profile, Register,
    Registers, RevokeDevice, Rewrite, Superseded, Tag, Video, consent_bytes,
};
use effigy_core::random::Random;
use effigy_core::seal::{Envelope, SealingSecret, seal};
use effigy_core::video::VideoType;
use effigy_core::{Cid, Payload, Purpose};
use serde_json::{Value, json};

use super::{File, accepted, device, input, refused, root};

pub(crate) fn payload() -> File {
    let mut cases = Vec::new();
    for payload in valid() {
        let (kind, bytes) = (payload.kind().unwrap(), payload.write().unwrap());
        assert_eq!(Payload::parse(kind, &bytes), Ok(payload));
        let mut case = input(&bytes);
        case["kind"] = kind.into();
        case["cid"] = json!(Cid::of(&bytes));
        cases.push(accepted(kind, case));
    }
    let tomorrow = write(&json!({"type": "hologram", "light": [1, 2]})).unwrap();
    assert_eq!(Payload::parse("hologram", &tomorrow), Ok(Payload::Unknown));
    let mut case = input(&tomorrow);
    case["kind"] = "hologram".into();
    cases.push(accepted("a kind of tomorrow is kept and passed on", case));
    for (name, expected, kind, bytes) in invalid() {
        let mut case = input(&bytes);
        case["kind"] = kind.into();
        cases.push(refused(name, expected, case, Payload::parse(kind, &bytes)));
    }
    File {
        name: "payload.json",
        about: "kind: the type that the entry names; text (or hex): the payload's bytes; cid: their name. \
                Whether they are a payload of that kind.",
        cases,
    }
}

fn content(image_type: ImageType, size: u64) -> Content {
    Content { cid: Cid::of(b"picture"), height: 480, image_type, size, width: 640 }
}

fn image(thumbnail: bool) -> Image {
    Image {
        alt: "A duck".to_owned(),
        content: content(ImageType::Webp, 70_000),
        thumbnail: thumbnail.then(|| content(ImageType::Jpeg, 3_000)),
    }
}

fn film(size: u64) -> Film {
    let (duration, height, video_type, width) = (9_000, 1080, VideoType::Webm, 1920);
    Film { cid: Cid::of(b"film"), duration, height, video_type, size, width }
}

fn item(name: &str, size: u64) -> Item {
    Item { cid: Cid::of(b"item"), name: name.to_owned(), size }
}

/// The secret of an epoch, sealed for the device that holds the key.
fn secrets() -> Envelope {
    let secret = SealingSecret::from_bytes([3; 32]);
    let mut random = Random::seeded([9; 32]);
    let sealed = seal(secret.bytes(), &[secret.key().unwrap()], b"", &mut random).unwrap();
    effigy_core::canon::read(&sealed).unwrap()
}

fn register(name: &str, value: &str) -> Register {
    let (name, value) = (name.to_owned(), value.to_owned());
    Register { name, over: None, time: 1_763_632_800_000, value }
}

fn ascending(mut entries: [Cid; 2]) -> Vec<Cid> {
    entries.sort_unstable();
    entries.to_vec()
}

fn valid() -> Vec<Payload> {
    let (identity, synod) = (device().identity(), root().identity());
    let sealing_key = SealingSecret::from_bytes([3; 32]).key().unwrap();
    let consent = device().sign(Purpose::Consent, &consent_bytes(synod, &sealing_key));
    let added = AddDevice {
        consent,
        identity,
        name: "Telefon".to_owned(),
        powers: vec![Power::Admin, Power::Post],
        replaces: None,
        sealing_key,
    };
    assert_eq!(added.consented(synod), Ok(()));
    let (target, other) = (Cid::of(b"target"), Cid::of(b"other"));
    let replacing = AddDevice { replaces: Some((synod, target)), powers: vec![], ..added.clone() };
    let hub = Hub { identity, origin: "https://hub.example:8443".to_owned() };
    let text = "# Hi\n\nA \u{1f986}.".to_owned();
    vec![
        Payload::Genesis(Genesis { sealing_key }),
        Payload::AddDevice(added),
        Payload::AddDevice(replacing),
        Payload::Epoch(Epoch { key: sealing_key, secrets: secrets() }),
        Payload::NameDevice(NameDevice { identity, name: "Tablet".to_owned() }),
        Payload::RevokeDevice(RevokeDevice { identity, last_valid: Some(target) }),
        Payload::RevokeDevice(RevokeDevice { identity, last_valid: None }),
        Payload::Final(Final {}),
        Payload::Profile(Profile { about: String::new(), name: "Ana".to_owned(), picture: None }),
        Payload::Profile(Profile {
            about: text.clone(),
            name: "Ana".to_owned(),
            picture: Some(image(true)),
        }),
        Payload::Hubs(Hubs { hubs: vec![] }),
        Payload::Hubs(Hubs { hubs: vec![hub] }),
        Payload::Note(Note { images: vec![], text: text.clone() }),
        Payload::Note(Note { images: vec![image(true), image(false)], text: String::new() }),
        Payload::Image(ImageNote { image: image(false) }),
        Payload::Comment(Comment { images: vec![], parent: other, root: target, text }),
        Payload::Follow(Follow { on: true, synod }),
        Payload::Block(Block { on: false, synod }),
        Payload::Mute(Mute { on: true, synod }),
        Payload::Tag(Tag { on: true, target, word: "duck".to_owned() }),
        Payload::Delete(Delete { target }),
        Payload::Rewrite(Rewrite {
            generation: 1,
            identity,
            new_head: other,
            old_head: target,
            removed: vec![target],
        }),
        Payload::Registers(Registers {
            set: vec![
                Register {
                    name: "draft/post".to_owned(),
                    over: Some((identity, 1_763_632_700_000)),
                    time: 1_763_632_800_000,
                    value: "{\"text\":\"A \u{1f986}\"}".to_owned(),
                },
                register("setting/colours", "dark"),
            ],
        }),
        Payload::Superseded(Superseded { entries: ascending([target, other]) }),
        Payload::Video(Video {
            alt: "A duck dives".to_owned(),
            content: film(24_000_000),
            poster: Some(image(false)),
            text: "Look!".to_owned(),
        }),
        Payload::File(effigy_core::payload::File {
            cid: Cid::of(b"file"),
            mime: "application/pdf".to_owned(),
            name: "ducks.pdf".to_owned(),
            size: 17_179_869_184,
            text: String::new(),
        }),
        Payload::Collection(Collection {
            items: vec![item("ducks/a.txt", 5), item("ducks/b.txt", 70_000_000)],
            name: "ducks".to_owned(),
            text: "All of them.".to_owned(),
        }),
    ]
}

fn invalid() -> Vec<(&'static str, &'static str, &'static str, Vec<u8>)> {
    let cid = Cid::of(b"picture");
    let synod = root().identity();
    let image = |side: u64, size: u64, mime: &str| {
        let content = json!({"cid": cid, "height": side, "mime": mime, "size": size, "width": 1});
        json!({"alt": "", "content": content})
    };
    let note = |images: Vec<Value>| json!({"images": images, "text": "", "type": "public_note"});
    let text = |text: &str| json!({"text": text, "type": "public_note"});
    let hub =
        |origin: &str| json!({"hubs": [{"identity": synod, "origin": origin}], "type": "hubs"});
    let device = |powers: Value| {
        json!({
            "consent": "A".repeat(86), "identity": synod, "name": "x", "powers": powers,
            "sealing_key": "A".repeat(43), "type": "add_device",
        })
    };
    let file = |name: &str, mime: &str, size: u64| json!({"cid": cid, "mime": mime, "name": name, "size": size, "text": "", "type": "file"});
    let video = |mime: &str, width: u64| {
        let content = json!({
            "cid": cid, "duration": 0, "height": 1, "mime": mime, "size": 1, "width": width,
        });
        json!({"alt": "", "content": content, "text": "", "type": "video"})
    };
    let folder = |names: &[&str]| {
        let item = |name: &&str| json!({"cid": cid, "name": name, "size": 1});
        let items: Vec<Value> = names.iter().map(item).collect();
        json!({"items": items, "name": "folder", "text": "", "type": "collection"})
    };
    let registers = |set: Value| json!({"set": set, "type": "registers"});
    let set = |name: &str, time: u64| json!({"name": name, "time": time, "value": ""});
    let over = |time: u64| json!([{"name": "a", "over": [synod, time], "time": 2, "value": ""}]);
    [
        ("registers without one", "empty", "registers", registers(json!([]))),
        ("a register twice", "nonsense", "registers", registers(json!([set("a", 1), set("a", 2)]))),
        (
            "registers out of order",
            "nonsense",
            "registers",
            registers(json!([set("b", 1), set("a", 1)])),
        ),
        ("65 registers", "too-many", "registers", registers(vec![set("a", 1); 65].into())),
        ("a register without a name", "nonsense", "registers", registers(json!([set("", 1)]))),
        ("a register with a space", "nonsense", "registers", registers(json!([set("a b", 1)]))),
        (
            "a register's name too long",
            "too-long",
            "registers",
            registers(json!([set(&"a".repeat(161), 1)])),
        ),
        ("a register of no time", "nonsense", "registers", registers(json!([set("a", 0)]))),
        ("over what came later", "nonsense", "registers", registers(over(2))),
        ("nothing superseded", "empty", "superseded", json!({"entries": [], "type": "superseded"})),
        (
            "superseded twice",
            "nonsense",
            "superseded",
            json!({"entries": [cid, cid], "type": "superseded"}),
        ),
        ("of another kind", "kind", "comment", text("x")),
        ("without a type", "kind", "public_note", json!({"text": "x"})),
        ("a list", "kind", "public_note", json!(["public_note"])),
        ("without a text", "json-shape", "public_note", json!({"type": "public_note"})),
        (
            "an unknown member",
            "json-shape",
            "public_note",
            json!({"text": "x", "type": "public_note", "x": 1}),
        ),
        ("no pictures, said", "json-shape", "public_note", note(vec![])),
        ("nothing said", "empty", "public_note", text(" \n")),
        ("the longest text and a byte", "too-long", "public_note", text(&"x".repeat(10_001))),
        ("longer than a payload", "too-long", "public_note", text(&"x".repeat(15_360))),
        ("nine pictures", "too-many", "public_note", note(vec![image(1, 1, "image/png"); 9])),
        (
            "a picture without height",
            "nonsense",
            "public_note",
            note(vec![image(0, 1, "image/png")]),
        ),
        ("a picture too high", "nonsense", "public_note", note(vec![image(8_193, 1, "image/png")])),
        ("a picture of no bytes", "nonsense", "public_note", note(vec![image(1, 0, "image/png")])),
        (
            "a picture too large",
            "nonsense",
            "public_note",
            note(vec![image(1, 8_388_609, "image/png")]),
        ),
        (
            "a picture that can run",
            "json-shape",
            "public_note",
            note(vec![image(1, 1, "image/svg+xml")]),
        ),
        ("a comment on nothing", "json-shape", "comment", json!({"text": "x", "type": "comment"})),
        (
            "a device without a name",
            "empty",
            "name_device",
            json!({"identity": synod, "name": "", "type": "name_device"}),
        ),
        (
            "no last entry, said",
            "json-shape",
            "revoke_device",
            json!({"identity": synod, "last_valid": null, "type": "revoke_device"}),
        ),
        (
            "more than the end",
            "json-shape",
            "synod_final",
            json!({"type": "synod_final", "why": ""}),
        ),
        ("no name", "empty", "profile", json!({"about": "", "name": " ", "type": "profile"})),
        (
            "a long name",
            "too-long",
            "profile",
            json!({"about": "", "name": "x".repeat(161), "type": "profile"}),
        ),
        (
            "no picture, said",
            "json-shape",
            "profile",
            json!({"about": "", "name": "x", "picture": null, "type": "profile"}),
        ),
        ("a hub that is a script", "nonsense", "hubs", hub("javascript:alert(1)")),
        ("a hub with a path", "nonsense", "hubs", hub("https://hub.example/")),
        ("a hub with a name and a password", "nonsense", "hubs", hub("https://a:b@hub.example")),
        ("an unknown power", "json-shape", "add_device", device(json!(["root"]))),
        ("powers out of order", "nonsense", "add_device", device(json!(["post", "admin"]))),
        ("a power twice", "nonsense", "add_device", device(json!(["post", "post"]))),
        (
            "whether is a number",
            "json-shape",
            "follow",
            json!({"on": 1, "synod": synod, "type": "follow"}),
        ),
        (
            "an empty word",
            "empty",
            "tag",
            json!({"on": true, "target": cid, "type": "tag", "word": ""}),
        ),
        ("a file of no bytes", "nonsense", "file", file("a", "", 0)),
        ("a file that is too large", "nonsense", "file", file("a", "", (1 << 34) + 1)),
        ("a file that is a way", "nonsense", "file", file("../a", "", 1)),
        ("a file without a name", "nonsense", "file", file(" ", "", 1)),
        ("a file's kind with a parameter", "nonsense", "file", file("a", "text/html; x=y", 1)),
        ("a long name of a file", "too-long", "file", file(&"x".repeat(256), "", 1)),
        ("a video of another kind", "json-shape", "video", video("video/quicktime", 1)),
        ("a video without width", "nonsense", "video", video("video/mp4", 0)),
        ("an empty folder", "empty", "collection", folder(&[])),
        ("a file twice in a folder", "nonsense", "collection", folder(&["a", "a"])),
        ("a folder out of order", "nonsense", "collection", folder(&["b", "a"])),
        ("a way out of a folder", "nonsense", "collection", folder(&["a/../../b"])),
        ("a folder of 101 files", "too-many", "collection", folder(&["a"; 101])),
        (
            "a rewrite to generation 0",
            "nonsense",
            "rewrite",
            json!({
                "generation": 0, "identity": synod, "new_head": cid, "old_head": cid, "removed": [],
                "type": "rewrite",
            }),
        ),
    ]
    .into_iter()
    .map(|(name, reason, kind, value)| (name, reason, kind, write(&value).unwrap()))
    .chain([
        (
            "a space",
            "json-spelling",
            "public_note",
            b"{\"text\":\"x\", \"type\":\"public_note\"}".to_vec(),
        ),
        (
            "a member twice",
            "json-duplicate",
            "public_note",
            b"{\"text\":\"x\",\"text\":\"y\",\"type\":\"public_note\"}".to_vec(),
        ),
        ("a picture", "json-encoding", "image", b"\xff\xd8\xff\xe0".to_vec()),
        ("nothing", "json-syntax", "public_note", Vec::new()),
    ])
    .collect()
}
