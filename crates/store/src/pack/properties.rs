//! What a pack survives, whatever is in it and wherever it is damaged.
#![allow(clippy::unwrap_used, reason = "clippy's allowance for tests does not reach into macros")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn records() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(any::<u8>(), 0..40), 0..20)
}

fn encoded(records: &[Vec<u8>]) -> Vec<u8> {
    encode(&records.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_packed_is_unpacked(records in records()) {
        prop_assert_eq!(Pack::decode(&encoded(&records)).unwrap(), records);
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Pack::decode(&bytes);
        let mut disguised = vec![MAGIC, VERSION];
        disguised.extend(&bytes);
        let pack = Pack::open(&disguised).unwrap();
        prop_assert!(pack.records().count() <= disguised.len() / FRAME + 1);
    }

    /// Wherever one byte is damaged: at most one record is lost, and it is named.
    #[test]
    fn one_damaged_byte_costs_one_record(records in records(), place in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = encoded(&records);
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assume!(place >= 2);
        let pack = Pack::open(&bytes).unwrap();
        let found: Vec<_> = pack.records().collect();
        prop_assert_eq!(found.len(), records.len());
        let mut n_lost = 0;
        for (index, (found, written)) in found.iter().zip(&records).enumerate() {
            match found {
                Ok(found) => prop_assert_eq!(found, written),
                Err(damage) => {
                    prop_assert_eq!(*damage, DamagedRecord { index, harm: Harm::Altered });
                    n_lost += 1;
                }
            }
        }
        let directory = bytes.len() - TRAILER - records.len() * NUMBER;
        prop_assert_eq!(n_lost, usize::from((HEADER..directory).contains(&place)));
        prop_assert_eq!(pack.is_sound(), place < directory);
    }

    /// Cut anywhere, a pack still gives what came before the cut, and never anything else.
    #[test]
    fn a_cut_pack_gives_what_is_left(records in records(), place in any::<prop::sample::Index>()) {
        let bytes = encoded(&records);
        let cut = place.index(bytes.len()).max(2);
        let pack = Pack::open(&bytes[..cut]).unwrap();
        let mut offset = HEADER;
        let mut found = pack.records();
        for record in &records {
            offset += FRAME + record.len();
            if offset > cut {
                break;
            }
            prop_assert_eq!(found.next(), Some(Ok(record.as_slice())));
        }
        prop_assert!(found.all(|record| record.is_err()));
    }
}
