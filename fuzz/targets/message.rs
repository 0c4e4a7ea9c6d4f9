//! Messages of a session, text and binary: what is understood can be said again.
#![no_main]

use effigy_proto::{Frame, Message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Message::decode_binary(bytes) {
        assert_eq!(message.encode(), Frame::Binary(bytes.to_vec()));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(message) = Message::decode_text(text) {
        let Frame::Text(again) = message.encode() else { panic!("text becomes bytes") };
        assert_eq!(Message::decode_text(&again), Ok(message));
    }
});
