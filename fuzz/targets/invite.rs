//! What people paste and scan: invites, letters, names, words.
#![no_main]

use effigy_core::mnemonic::Words;
use effigy_core::seal::Letter;
use effigy_core::{Cid, Identity, Invite, Signature};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(invite) = Invite::parse(text) {
        assert_eq!(Invite::parse(&invite.to_text()).as_ref(), Ok(&invite));
        assert_eq!(Invite::parse(&invite.to_link()).as_ref(), Ok(&invite));
    }
    if let Ok(letter) = Letter::from_text(text) {
        assert_eq!(letter.to_text().as_deref(), Some(text.trim()));
    }
    if let Ok(words) = Words::parse(text) {
        let again: Vec<_> = words.iter().collect();
        assert!(Words::parse(&again.join(" ")).is_ok());
    }
    if let Ok(cid) = text.parse::<Cid>() {
        assert_eq!(cid.to_string(), text);
    }
    if let Ok(identity) = text.parse::<Identity>() {
        assert_eq!(identity.to_string(), text);
        let _ = identity.verifier();
    }
    if let Ok(signature) = text.parse::<Signature>() {
        assert_eq!(signature.to_string(), text);
    }
});
