//! Entries: whatever is accepted is exactly what somebody signed, in its only spelling.

use effigy_core::canon::{CanonError, write};
use effigy_core::entry::Checker;
use effigy_core::identity::SignatureError;
use effigy_core::{Cid, Draft, Entry, EntryError, Identity, Purpose, Secret, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cases;
use crate::json::{GREATEST, gaps, nearly, value};
use crate::support::entries::malleable;

fn secret() -> Secret {
    Secret::from_seed(&[1; 32])
}

fn cid() -> impl Strategy<Value = Cid> {
    any::<[u8; 32]>().prop_map(Cid::from_digest)
}

prop_compose! {
    fn draft()(
        after in 0..GREATEST - 1,
        generation in 0..=GREATEST,
        kind in "[a-z_]{1,32}",
        parents in vec(cid(), 0..=16),
        payload in vec(any::<u8>(), 0..300),
        synod in prop::option::of((any::<[u8; 32]>().prop_map(Identity::from_bytes), cid())),
        owner in prop::option::of(any::<[u8; 32]>().prop_map(Identity::from_bytes)),
    ) -> Draft {
        let own = synod.is_some();
        let identity = owner.filter(|_| !own).unwrap_or_else(|| secret().identity());
        Draft { after, generation, identity, kind, parents, payload, synod }
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    (draft(), 0..=GREATEST).prop_map(|(draft, now)| draft.sign(&secret(), Time(now)).unwrap())
}

fn signed(header: &[u8]) -> Vec<u8> {
    let signature = secret().sign(Purpose::Entry, header).to_string();
    [header, b"\n", signature.as_bytes()].concat()
}

/// What has to hold for any bytes; says whether they are an entry.
fn sound(bytes: &[u8]) -> bool {
    let reloaded = Entry::reload(bytes);
    let Ok(entry) = Entry::parse(bytes) else { return false };
    assert_eq!(Ok(&entry), reloaded.as_ref(), "what counts can also be loaded again");
    assert_eq!(entry.bytes(), bytes);
    assert_eq!(entry.id(), Cid::of(bytes));
    let (header, _) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap());
    assert_eq!(entry.digest(), Cid::of(header));
    assert_eq!(write(entry.header()).unwrap(), header, "a header has one spelling");
    true
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300), text in nearly()) {
        for bytes in [&bytes, text.as_bytes()] {
            prop_assert!(!sound(bytes));
            sound(&signed(bytes));
        }
    }

    #[test]
    fn any_object_as_a_header(value in value(6)) {
        prop_assert!(!sound(&signed(&write(&value).unwrap())));
    }

    #[test]
    fn any_member_changed(entry in entry(), which in any::<prop::sample::Index>(), new in value(3)) {
        let mut header = serde_json::to_value(entry.header()).unwrap();
        let members = header.as_object_mut().unwrap();
        let keys: Vec<String> = members.keys().cloned().collect();
        members.insert(which.get(&keys).clone(), new);
        sound(&signed(&write(&header).unwrap()));
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_is_signed_reads_back(entry in entry()) {
        prop_assert!(sound(entry.bytes()));
        prop_assert_eq!(Entry::parse(entry.bytes()).unwrap(), entry.clone());
        // The checker keeps a key between entries: it makes no difference.
        let mut checker = Checker::default();
        for _ in 0..2 {
            prop_assert_eq!(checker.entry(entry.bytes()).unwrap(), entry.clone());
        }
    }

    #[test]
    fn any_byte_changed_or_cut_is_refused(entry in entry(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let bytes = entry.bytes();
        let at = at.index(bytes.len());
        let mut changed = bytes.to_vec();
        changed[at] = to;
        prop_assert_eq!(Entry::parse(&changed).is_ok(), bytes[at] == to);
        prop_assert!(Entry::parse(&bytes[..at]).is_err());
        prop_assert!(Entry::parse(&[bytes, &[to]].concat()).is_err());
    }

    #[test]
    fn a_space_in_a_signed_header_is_refused(entry in entry(), at in any::<prop::sample::Index>(), tab in any::<bool>()) {
        let header = write(entry.header()).unwrap();
        let at = *at.get(&gaps(&header));
        let space: &[u8] = if tab { b"\t" } else { b" " };
        let spaced = signed(&[&header[..at], space, &header[at..]].concat());
        prop_assert_eq!(Entry::parse(&spaced), Err(EntryError::Json(CanonError::Spelling)));
    }

    #[test]
    fn malleable_and_foreign_signatures_are_refused(entry in entry(), other in any::<[u8; 32]>()) {
        let header = write(entry.header()).unwrap();
        let with = |signature: &[u8]| {
            let text = data_encoding::BASE64URL_NOPAD.encode(signature);
            Entry::parse(&[&header[..], b"\n", text.as_bytes()].concat())
        };
        let mismatch = Some(EntryError::Signature(SignatureError::Mismatch));
        let signature = *secret().sign(Purpose::Entry, &header).bytes();
        prop_assert!(with(&signature).is_ok());

        prop_assert_eq!(with(&malleable(signature)).err(), mismatch);

        for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Entry) {
            prop_assert_eq!(with(secret().sign(purpose, &header).bytes()).err(), mismatch);
        }
        prop_assert_eq!(with(Secret::from_seed(&other).sign(Purpose::Entry, &header).bytes()).err(), mismatch);
        let short = Some(EntryError::Signature(SignatureError::Spelling));
        prop_assert_eq!(with(&signature[1..]).err(), short);
        prop_assert_eq!(with(b"").err(), short);
    }

    #[test]
    fn a_missing_added_or_empty_member_is_refused(entry in entry(), name in "[a-z]{1,8}") {
        let shape = Some(EntryError::Json(CanonError::Shape));
        let header = serde_json::to_value(entry.header()).unwrap();
        let parse = |header: &Value| Entry::parse(&signed(&write(header).unwrap()));
        for member in ["comparable", "generation", "identity", "parents", "payload", "v"] {
            let mut without = header.clone();
            without.as_object_mut().unwrap().remove(member);
            prop_assert_eq!(parse(&without).err(), shape, "without {}", member);
        }
        for member in ["ext", "signer", "synod"] {
            let mut empty = header.clone();
            empty[member] = Value::Null;
            prop_assert_eq!(parse(&empty).err(), shape, "{} is null", member);
        }
        for place in ["", "/payload"] {
            let mut more = header.clone();
            let members = more.pointer_mut(place).unwrap().as_object_mut().unwrap();
            if !members.contains_key(&name) && name != "ext" {
                members.insert(name.clone(), json!(1));
                prop_assert_eq!(parse(&more).err(), shape, "{} in {}", name, place);
            }
        }
    }
}
