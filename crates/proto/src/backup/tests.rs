//! What is written is read; whatever else stands there is noticed.

use effigy_core::payload::Note;
use effigy_core::{Blob, Draft, Payload, Secret};
use effigy_store::pack;

use super::*;
use crate::node::record::encode;

fn me() -> Account {
    Account { keys: Keys::for_account([1; 32]).unwrap(), made: Time(7), name: "Ana".to_owned() }
}

/// A pack with one note, signed by this key.
fn note(secret: &Secret) -> (Key, Vec<u8>) {
    let payload = Payload::Note(Note { images: vec![], text: "hello".to_owned() });
    let bytes = payload.write().unwrap();
    let synod = me().keys.synod.unwrap();
    let draft = Draft {
        after: 0,
        generation: 0,
        identity: secret.identity(),
        kind: "public_note".to_owned(),
        parents: vec![],
        payload: bytes.clone(),
        synod: Some((synod, effigy_core::Cid::of(b"synod"))),
    };
    let draft = Draft { kind: payload.kind().unwrap().to_owned(), ..draft };
    let entry = draft.sign(secret, Time(1_763_632_800_000)).unwrap();
    let record = encode(entry.bytes(), Some(&bytes));
    let key = [secret.identity().bytes().as_slice(), &[0; 12]].concat();
    (Key::new(Table::Packs, key), pack::encode(&[&record]).unwrap())
}

fn read_all(bytes: &[u8], step: usize) -> Result<(Vec<Item>, Counts), ItemError> {
    let (mut items, mut judge, mut all) = (Items::default(), Judge::default(), Vec::new());
    for piece in bytes.chunks(step) {
        items.push(piece);
        while let Some(item) = items.read()? {
            judge.look(&item)?;
            all.push(item);
        }
    }
    items.finish()?;
    Ok((all, judge.counts()))
}

#[test]
fn what_was_written_is_read_however_it_comes() {
    let device = Secret::from_seed(&[3; 32]);
    let blob = Blob::new(vec![7; 300]).unwrap();
    let name = blob.cid().digest().to_vec();
    let (pack, records) = note(&device);
    let mut bytes = account(&me()).to_vec();
    bytes.extend(record(&pack, &records).unwrap());
    bytes.extend(record(&Key::new(Table::Blobs, name.clone()), blob.bytes()).unwrap());
    bytes.extend(record(&note_of(&name), &[2, 0, 0, 1, 44]).unwrap());
    bytes.extend(record(&Key::new(Table::Drafts, b"post".as_slice()), b"begun").unwrap());
    // A later version has something to add.
    bytes.extend([99, 0, 1, 0, 0, 0, 2, 1, 2, 3]);
    for step in [1, 7, 100, bytes.len()] {
        let (items, counts) = read_all(&bytes, step).unwrap();
        assert_eq!(items.len(), 6);
        let Item::Account(found) = &items[0] else { panic!("no account") };
        assert_eq!((found.name.as_str(), found.made), ("Ana", Time(7)));
        assert_eq!(found.keys.device.identity(), me().keys.device.identity());
        let expected = Counts {
            bytes: 300,
            drafts: 1,
            entries: 1,
            own_posts: 1,
            posts: 1,
            ..Counts::default()
        };
        assert_eq!(counts, expected);
    }
    for end in [bytes.len() - 1, 3] {
        assert_eq!(read_all(&bytes[..end], 50).map(|_| ()), Err(ItemError::Cut));
    }
}

#[test]
fn what_was_forged_or_damaged_is_passed_over() {
    let (key, mut records) = note(&Secret::from_seed(&[3; 32]));
    let (other, _) = note(&Secret::from_seed(&[4; 32]));
    let mut judge = Judge::default();
    judge.look(&Item::Account(Box::new(me()))).unwrap();
    let mut look = |key: &Key, value: &[u8]| {
        judge.look(&Item::Record { key: key.clone(), value: value.to_vec() }).unwrap()
    };
    assert!(look(&key, &records));
    assert!(!look(&other, &records), "in another's feed");
    // The signature ends at the end of the entry, before the payload.
    let at = records.windows(2).rposition(|two| two == b"{\"").unwrap() - 3;
    records[at] ^= 1;
    assert!(!look(&key, &records), "not signed so");
    assert!(!look(&Key::new(Table::Blobs, vec![0; 32]), b"something else"));
    // Nothing gets in that is of another device, or that no backup has.
    for (table, key) in [
        (Table::Keys, "device"),
        (Table::Meta, "outlined"),
        (Table::Peers, "met/x"),
        (Table::Heads, ""),
    ] {
        assert!(!look(&Key::new(table, key.as_bytes()), b""), "{key}");
        assert!(record(&Key::new(table, key.as_bytes()), b"").is_none());
    }
    assert_eq!(judge.counts().damaged, 3);
}

/// A start takes a store for damaged that holds one of these and cannot read it.
#[test]
fn what_a_start_could_not_read_is_passed_over() {
    let mut judge = Judge::default();
    judge.look(&Item::Account(Box::new(me()))).unwrap();
    let mut look = |table, key: &[u8], value: &str| {
        let (key, value) = (Key::new(table, key), value.as_bytes().to_vec());
        assert!(record(&key, &value).is_some(), "it belongs into a backup");
        judge.look(&Item::Record { key, value }).unwrap()
    };
    let share = [b"share/".as_slice(), &[7; 32]].concat();
    let kept = r#"{"made":1,"need":2,"of":3,"sealed":"AA","set":"AAAAAAAAAAAAAAAAAAAAAA","since":1,"untold":false}"#;
    assert!(look(Table::Peers, &share, kept));
    assert!(!look(Table::Peers, &share, "{}"));
    assert!(!look(Table::Peers, b"share/short", kept));
    let register = r#"{"name":"setting/colours","time":5,"value":"dark"}"#;
    assert!(look(Table::Meta, b"register/setting/colours", register));
    assert!(!look(Table::Meta, b"register/setting/letter_keys", register));
    assert!(!look(Table::Meta, b"register/setting/colours", "dark"));
    assert!(look(Table::Meta, b"shares", r#"{"set":null,"voids":[]}"#));
    assert!(!look(Table::Meta, b"shares", "[]"));
    assert_eq!((judge.counts().shares, judge.counts().damaged), (1, 5));
}

#[test]
fn there_is_one_account_and_it_comes_first() {
    let first = account(&me()).to_vec();
    let draft = record(&Key::new(Table::Drafts, b"post".as_slice()), b"x").unwrap();
    let twice = [first.as_slice(), &first].concat();
    assert_eq!(read_all(&twice, 99).map(|_| ()), Err(ItemError::Account));
    assert_eq!(read_all(&draft, 99).map(|_| ()), Err(ItemError::Account));
    let hub = Account { keys: Keys::for_hub([2; 32]), ..me() };
    assert_eq!(read_all(&account(&hub), 99).map(|_| ()), Err(ItemError::Account));
    let long = [1, 0, 0, 255, 255, 255, 255];
    assert_eq!(read_all(&[first.as_slice(), &long].concat(), 99).map(|_| ()), Err(ItemError::Long));
}
