//! What registers hold after devices have said what they say, in whatever order it comes.

use std::collections::BTreeSet;

use effigy_core::payload::{Register, Registers as Stated};
use effigy_core::{Identity, Payload, Secret};
use effigy_feed::Registers;
use serde_json::{Value, json};

use super::text;

type Said = (u8, u64, Vec<Register>);

pub(super) fn file() -> String {
    let cases: Vec<Value> =
        cases().into_iter().chain(turns()).map(|(name, said)| case(name, &said)).collect();
    text(
        "Devices of one account say `said`: by which device, in an entry with which clock, what is set. Afterwards `holds`: of each name \
         what it holds, by whom and with which time, and of each device what it said before without the other having seen it. The order in \
         which it comes does not matter.",
        &cases,
    )
}

fn device(number: u8) -> Identity {
    Secret::from_seed(&[number; 32]).identity()
}

fn set(name: &str, time: u64, value: &str, over: Option<(u8, u64)>) -> Register {
    let over = over.map(|(number, time)| (device(number), time));
    Register { name: name.to_owned(), over, time, value: value.to_owned() }
}

fn cases() -> Vec<(&'static str, Vec<Said>)> {
    let colours = |time, value, over| set("setting/colours", time, value, over);
    let draft = |time, value, over| set("draft/post", time, value, over);
    vec![
        (
            "the later one",
            vec![
                (1, 10, vec![colours(10, "dark", None)]),
                (2, 20, vec![colours(20, "light", None)]),
            ],
        ),
        (
            "one that had seen the other",
            vec![
                (1, 10, vec![colours(10, "dark", None)]),
                (2, 20, vec![colours(20, "light", Some((1, 10)))]),
            ],
        ),
        (
            "at one moment: the greater key",
            vec![
                (1, 10, vec![colours(10, "dark", None)]),
                (2, 10, vec![colours(10, "light", None)]),
            ],
        ),
        (
            "different ones do not touch each other",
            vec![
                (1, 30, vec![draft(10, "a", None), colours(30, "dark", None)]),
                (2, 20, vec![draft(20, "b", None), colours(20, "light", None)]),
            ],
        ),
        (
            "later than its entry",
            vec![(1, 10, vec![colours(11, "dark", None)]), (2, 5, vec![colours(5, "light", None)])],
        ),
        (
            "stated once more with the time that it had",
            vec![
                (1, 10, vec![colours(10, "dark", None)]),
                (2, 20, vec![colours(20, "light", None)]),
                (1, 90, vec![colours(10, "dark", None)]),
            ],
        ),
    ]
}

/// What was written in turns, and what was written apart.
fn turns() -> Vec<(&'static str, Vec<Said>)> {
    let draft = |time, value, over| set("draft/post", time, value, over);
    vec![
        (
            "seen by way of a third",
            vec![
                (1, 10, vec![draft(10, "a", None)]),
                (2, 20, vec![draft(20, "ab", Some((1, 10)))]),
                (3, 30, vec![draft(30, "abc", Some((2, 20)))]),
            ],
        ),
        (
            "written on meanwhile",
            vec![
                (1, 10, vec![draft(10, "a", None)]),
                (1, 25, vec![draft(25, "aa", None)]),
                (2, 30, vec![draft(30, "ab", Some((1, 10)))]),
            ],
        ),
        (
            "a copy of a device: the greater value",
            vec![(1, 10, vec![draft(10, "a", None)]), (1, 11, vec![draft(10, "b", None)])],
        ),
    ]
}

fn case(name: &str, said: &[Said]) -> Value {
    let mut registers = Registers::default();
    for (by, clock, set) in said {
        registers.apply(device(*by), *clock, &Payload::Registers(Stated { set: set.clone() }));
    }
    let names: BTreeSet<&str> = registers.names().collect();
    let devices: BTreeSet<u8> = said.iter().map(|(by, ..)| *by).collect();
    let holds: Vec<Value> = names
        .into_iter()
        .map(|name| {
            let holds = registers.get(name).unwrap();
            let unseen = devices.iter().filter_map(|by| {
                Some(json!({"by": device(*by), "value": registers.unseen(&device(*by), name)?.value}))
            });
            json!({
                "by": holds.by,
                "name": name,
                "time": holds.register.time,
                "unseen": unseen.collect::<Vec<_>>(),
                "value": holds.register.value,
            })
        })
        .collect();
    let said: Vec<Value> = said
        .iter()
        .map(|(by, clock, set)| json!({"by": device(*by), "clock": clock, "set": set}))
        .collect();
    json!({"holds": holds, "name": name, "said": said})
}
