//! What rests in a store: packs, records, and a node that begins with whatever is there.
#![no_main]

use effigy_core::Time;
use effigy_proto::{Config, Keys, Node, Role, record};
use effigy_store::Table;
use effigy_store::pack::{self, Pack};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check_record(bytes);
    if let Ok(pack) = Pack::open(bytes) {
        let records: Vec<_> = pack.records().collect();
        assert!(records.len() <= bytes.len() + 1);
        let sound: Vec<&[u8]> =
            records.iter().filter_map(|record| record.as_ref().ok().copied()).collect();
        sound.iter().for_each(|record| check_record(record));
        let again = pack::encode(&sound).expect("they fitted");
        assert_eq!(Pack::decode(&again).expect("a pack"), sound);
    }
    let _ = Keys::from_bytes(bytes);
    begin(bytes);
});

fn check_record(bytes: &[u8]) {
    if let Ok(read) = record::reload(bytes) {
        let (entry, payload) = record::split(bytes).expect("it was read");
        let again = record::encode(entry, payload);
        assert_eq!(record::reload(&again), Ok(read));
    }
}

/// The first byte says which table, the second how long the key is.
fn begin(bytes: &[u8]) {
    let Some((&[table, length], rest)) = bytes.split_first_chunk() else { return };
    let table = Table::ALL[usize::from(table) % Table::ALL.len()];
    let (key, value) = rest.split_at(usize::from(length).min(rest.len()));
    let keys = Keys::for_account([1; 32]).expect("keys");
    let config = Config { fence: None, hubs: vec![], keys, role: Role::Person, seed: [2; 32] };
    let mut node = Node::new(config);
    while let Some(range) = node.next_read() {
        if range.table == table {
            let _ = node.restore(table, key, value);
        }
    }
    node.start(Time(1_763_632_800_000));
    while node.poll().is_some() {}
}
