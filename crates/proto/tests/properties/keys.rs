//! Keys at rest: any bytes, nearly right ones, and those that were written.

use effigy_proto::Keys;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::cases;

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn any_bytes_are_keys_or_none(bytes in vec(any::<u8>(), 0..300), text in "\\PC{0,200}") {
        prop_assert!(Keys::from_bytes(&bytes).is_err());
        prop_assert!(Keys::from_bytes(text.as_bytes()).is_err());
    }

    #[test]
    fn keys_read_back_and_nearly_right_ones_do_not(
        seed in any::<[u8; 32]>(),
        hub in any::<bool>(),
        at in any::<Index>(),
        to in any::<u8>(),
        which in any::<Index>(),
    ) {
        let keys = if hub { Keys::for_hub(seed) } else { Keys::for_account(seed).unwrap() };
        let bytes = keys.to_bytes();
        let same = |read: &Keys| {
            read.device == keys.device
                && read.sealing.bytes() == keys.sealing.bytes()
                && read.synod == keys.synod
                && read.words.as_ref().map(|words| words.root_sign())
                    == keys.words.as_ref().map(|words| words.root_sign())
        };
        prop_assert!(same(&Keys::from_bytes(&bytes).unwrap()));
        let at = at.index(bytes.len());
        prop_assert!(Keys::from_bytes(&bytes[..at]).is_err());
        let mut changed = bytes.to_vec();
        changed[at] = to;
        // Another byte makes other keys or none; what is read can be written.
        if let Ok(read) = Keys::from_bytes(&changed) {
            prop_assert!(Keys::from_bytes(&read.to_bytes()).is_ok());
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        for new in [json!(null), json!(1), json!("AAAA"), json!([]), json!("=".repeat(43))] {
            let mut value = value.clone();
            value[which.get(&names)] = new;
            let _ = Keys::from_bytes(value.to_string().as_bytes());
        }
        let mut more = value.clone();
        more["extra"] = json!(1);
        prop_assert!(Keys::from_bytes(more.to_string().as_bytes()).is_err());
    }
}
