//! What a hub does with a letter between its two sockets: read and written anew, and passed on as it is.

use std::hint::black_box;
use std::time::Instant;

use effigy_core::random::Random;
use effigy_core::seal::{SealingSecret, seal_letter};
use effigy_core::{Secret, Time};
use effigy_proto::{Frame, Message};
use serde_json::{Value, json};

const TIMES: u32 = 50_000;

pub(crate) fn run() -> Value {
    let (ana, ben) = (Secret::from_seed(&[1; 32]), Secret::from_seed(&[2; 32]));
    let mut random = Random::seeded([3; 32]);
    let key = SealingSecret::from_bytes([4; 32]).key();
    let letter = key.ok().and_then(|key| {
        seal_letter(&[7; 200], &ana, ben.identity(), &key, Time(1_763_632_800_000), &mut random)
            .ok()
    });
    let Some(letter) = letter else { return Value::Null };
    let Frame::Text(text) = (Message::MessageTo { letter }).encode() else { return Value::Null };
    let anew = micros(|| match Message::decode_text(black_box(&text)) {
        Ok(Message::MessageTo { letter }) => Message::MessageFrom { letter }.encode().len(),
        _ => 0,
    });
    let as_it_is = micros(|| match Message::decode_at_hub(black_box(&text).clone()) {
        Ok(Message::Pass(passing)) => passing.frame().len(),
        _ => 0,
    });
    json!({ "bytes": text.len(), "anew_us": anew, "as_it_is_us": as_it_is })
}

/// How long it takes, the best of three.
fn micros(what: impl Fn() -> usize) -> f64 {
    let round = || {
        let began = Instant::now();
        let written: usize = (0..TIMES).map(|_| what()).sum();
        let each = began.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES);
        if written == 0 { f64::INFINITY } else { each }
    };
    (0..3).map(|_| round()).fold(f64::INFINITY, f64::min)
}
