//! T44: zero, the greatest, one more, less than nothing: each number of each message, at a node.

use effigy_proto::{Command, Frame, Message};
use serde_json::{Value, json};

use crate::support::messages::examples;
use crate::support::together::Together;

/// Numbers at which programs break, as they are spelled.
const EXTREMES: [&str; 16] = [
    "0",
    "1",
    "-1",
    "-0",
    "255",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740992",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1.5",
];
/// Stands for a number until its spelling is put in.
const HERE: &str = "@here@";

/// A message with each of its numbers replaced in turn by each extreme.
fn spoiled(message: &Value) -> Vec<String> {
    fn ways(value: &Value, way: &str, found: &mut Vec<String>) {
        match value {
            Value::Number(_) => found.push(way.to_owned()),
            Value::Object(members) => {
                members.iter().for_each(|(key, v)| ways(v, &format!("{way}/{key}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, v)| ways(v, &format!("{way}/{n}"), found));
            }
            _ => (),
        }
    }
    let mut found = Vec::new();
    ways(message, "", &mut found);
    let mut all = Vec::new();
    for way in found {
        let mut message = message.clone();
        *message.pointer_mut(&way).unwrap() = json!(HERE);
        let text = message.to_string();
        all.extend(EXTREMES.map(|number| text.replace(&format!("\"{HERE}\""), number)));
    }
    all
}

/// The same for the numbers in front of a piece of a blob.
fn pieces() -> Vec<Vec<u8>> {
    let extremes = [0, 1, 7, 0x7fff_ffff, 0x8000_0000, u32::MAX - 1, u32::MAX];
    let mut all = Vec::new();
    for request in extremes {
        for offset in extremes {
            for size in extremes {
                let header = [request, offset, size].map(u32::to_be_bytes).concat();
                all.extend([header.clone(), [&header[..], b"bytes"].concat()]);
            }
        }
    }
    all
}

/// Two people who know each other and their hub.
fn acquainted() -> Together {
    let mut together = Together::new(2);
    for (machine, name) in [(1, "Ana"), (2, "Ben")] {
        let (device_name, name) = ("phone".to_owned(), name.to_owned());
        together.ask(machine, |ticket| Command::Begin { device_name, name, picture: None, ticket });
    }
    together.live(1_000);
    let invite = together.machines[1].events.iter().rev().find_map(|event| match event {
        effigy_proto::Event::Invite(invite) => Some(invite.clone()),
        _ => None,
    });
    let invite = invite.unwrap();
    together.ask(2, |ticket| Command::AcceptInvite { invite, ticket });
    together.live(20_000);
    together
}

#[test]
fn no_number_of_any_message_breaks_a_node() {
    let mut frames: Vec<Frame> = Vec::new();
    for message in examples().unwrap() {
        if let Frame::Text(text) = message.encode() {
            let value: Value = serde_json::from_str(&text).unwrap();
            frames.extend(spoiled(&value).into_iter().map(Frame::Text));
        }
    }
    frames.extend(pieces().into_iter().map(Frame::Binary));
    assert!(frames.len() > 900, "{}", frames.len());
    // Most numbers can be sent by nobody. What is understood reaches a node.
    let n_all = frames.len();
    frames.retain(|frame| match frame {
        Frame::Binary(bytes) => Message::decode_binary(bytes).is_ok(),
        Frame::Text(text) => Message::decode_text(text).is_ok(),
    });
    assert!((100..n_all / 2).contains(&frames.len()), "{} of {n_all}", frames.len());

    let mut together = acquainted();
    for (n, pair) in frames.chunks(2).enumerate() {
        for frame in pair {
            for machine in 0..3 {
                assert!(together.hears(machine, n, frame), "somebody to say it: {machine}");
            }
            together.deliver_all();
        }
        // Two faults are forgiven, the third would cost time; so there are new connections.
        while together.n_wires() > 0 {
            together.cut_one(0);
        }
        // To a hub that said goodbye people come back within a minute.
        let is_away =
            |frame: &Frame| matches!(frame, Frame::Text(text) if text.contains("\"away\""));
        together.live(if pair.iter().any(is_away) { 62_000 } else { 1_500 });
    }
    // All of them still work.
    together.live(600_000);
    let text = "still here".to_owned();
    let ticket = together.ask(1, |ticket| Command::Publish { pictures: Vec::new(), text, ticket });
    let done = together.machines[1].events.iter().any(
        |event| matches!(event, effigy_proto::Event::Done { ticket: of, .. } if *of == ticket),
    );
    assert!(done);
}
