//! Records of packs, and all that a store may hold: any bytes, and those that were written.

use effigy_core::Time;
use effigy_proto::{Config, HubPolicy, Keys, Message, Node, Role, record};
use effigy_store::{Table, pack};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::cases;
use crate::support::messages::examples;

/// A record as it rests, with and without what the entry says.
fn written() -> Vec<Vec<u8>> {
    let records = examples().unwrap().into_iter().find_map(|message| match message {
        Message::Entries { records, .. } => Some(records),
        _ => None,
    });
    let record = records.unwrap().remove(0);
    let payload = record.payload.as_ref().map(|(bytes, _)| bytes.as_slice());
    vec![record::encode(record.entry.bytes(), payload), record::encode(record.entry.bytes(), None)]
}

/// What has to hold for any bytes; says whether they are a record.
fn sound(bytes: &[u8]) -> bool {
    let split = record::split(bytes);
    let Ok(read) = record::reload(bytes) else { return false };
    let (entry, payload) = split.unwrap();
    assert_eq!(read.entry.bytes(), entry);
    assert_eq!(read.payload.as_ref().map(|(bytes, _)| bytes.as_slice()), payload);
    let again = record::encode(entry, payload);
    assert_eq!(record::reload(&again), Ok(read), "what is read can be written");
    true
}

/// A node that is told what its store holds, whatever that is, begins.
fn begins(rows: &[(Table, Vec<u8>, Vec<u8>)]) {
    let roles = [
        Role::Person,
        Role::Hub(HubPolicy { members: 2, member_bytes: 1 << 20, ..HubPolicy::default() }),
    ];
    for role in roles {
        let keys = Keys::for_account([1; 32]).unwrap();
        let mut node = Node::new(Config { fence: None, hubs: vec![], keys, role, seed: [2; 32] });
        while let Some(range) = node.next_read() {
            for (table, key, value) in rows.iter().filter(|(table, ..)| *table == range.table) {
                let _ = node.restore(*table, key, value);
            }
        }
        node.start(Time(1_763_632_800_000));
        while node.poll().is_some() {}
    }
}

/// A key as a table has it, or nearly.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let names = ["blob/", "whole/", "invite", "lazy_before", "hubs", "follower/", "greeting/"];
    let names = [&names[..], &["member/", ""]].concat();
    (
        select(names),
        prop_oneof![vec(any::<u8>(), 32), vec(any::<u8>(), 44), vec(any::<u8>(), 0..50)],
    )
        .prop_map(|(name, rest)| [name.as_bytes(), &rest].concat())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn any_bytes_are_a_record_or_none(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(!sound(&bytes));
        for flag in 0..3 {
            let framed = [&[flag], &(bytes.len() as u32).to_be_bytes()[..], &bytes].concat();
            prop_assert!(!sound(&framed));
        }
    }

    #[test]
    fn a_record_that_is_nearly_right_is_none(which in select(written()), at in any::<Index>(), to in any::<u8>()) {
        prop_assert!(sound(&which));
        let at = at.index(which.len());
        let mut changed = which.clone();
        changed[at] = to;
        sound(&changed);
        sound(&which[..at]);
        sound(&[&which[..], &[to]].concat());
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_node_begins_whatever_its_store_holds(
        rows in vec((select(Table::ALL), key(), vec(any::<u8>(), 0..80)), 0..12),
        damage in vec((any::<Index>(), any::<u8>()), 0..4),
    ) {
        let mut rows = rows;
        // A pack that was one, under the name of a feed.
        let records = written();
        let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let mut bytes = pack::encode(&slices).unwrap();
        for (at, to) in damage {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        let entry = record::reload(&records[0]).unwrap().entry;
        let name = [&entry.header().identity.bytes()[..], &[0; 12]].concat();
        rows.push((Table::Packs, name, bytes));
        begins(&rows);
    }
}
