//! Payloads: under the kind that they name, and under another.
#![no_main]

use effigy_core::Payload;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let value: Option<Value> = serde_json::from_slice(bytes).ok();
    let named = value.as_ref().and_then(|value| value.get("type")).and_then(Value::as_str);
    if let Some(kind) = named
        && let Ok(payload) = Payload::parse(kind, bytes)
        && payload != Payload::Unknown
    {
        assert_eq!(payload.kind(), Some(kind));
        assert_eq!(payload.write().as_deref(), Ok(bytes));
    }
    if named != Some("public_note") {
        assert!(Payload::parse("public_note", bytes).is_err());
    }
});
