//! What devices agree on: the same everywhere, and nothing said elsewhere is lost without a word.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use effigy_core::limits::REGISTERS_KEPT;
use effigy_core::payload::{Register, Registers as Stated};
use effigy_core::{Identity, Payload};
use proptest::collection::vec;
use proptest::prelude::*;

use super::secret;
use crate::Registers;

fn device(number: u8) -> Identity {
    // Keys are dear to make, and thousands of histories ask for them.
    static KEYS: LazyLock<[Identity; 4]> =
        LazyLock::new(|| [0, 1, 2, 3].map(|number| secret(number).identity()));
    KEYS[usize::from(number)]
}

fn register(name: &str, time: u64, value: &str, over: Option<(u8, u64)>) -> Register {
    let over = over.map(|(number, time)| (device(number), time));
    Register { name: name.to_owned(), over, time, value: value.to_owned() }
}

fn says(registers: &mut Registers, by: u8, register: Register) -> Vec<String> {
    let (clock, set) = (register.time, vec![register]);
    registers.apply(device(by), clock, &Payload::Registers(Stated { set }))
}

/// All that anybody can ask.
fn answers(registers: &Registers) -> BTreeMap<String, (Identity, Register, Vec<Option<String>>)> {
    let names: Vec<String> = registers.names().map(str::to_owned).collect();
    let answer = |name: String| {
        let holds = registers.get(&name).unwrap();
        let unseen = |by| registers.unseen(&device(by), &name).map(|own| own.value.clone());
        let all = (holds.by, holds.register.clone(), (1..=3).map(unseen).collect());
        (name, all)
    };
    names.into_iter().map(answer).collect()
}

/// A device of a history: what has reached it, and what it has said.
#[derive(Clone, Default)]
struct Copy {
    registers: Registers,
    heard: Vec<(u8, u64, Payload)>,
}

impl Copy {
    fn hears(&mut self, said: &(u8, u64, Payload)) {
        self.heard.push(said.clone());
        self.registers.apply(device(said.0), said.1, &said.2);
    }

    /// Sets a register as a node does: later than what it holds, over what somebody else said.
    fn sets(&mut self, by: u8, clock: u64, name: &str, value: &str) {
        let holds = self.registers.get(name);
        let own = self.registers.last(&device(by), name).and_then(|own| own.over);
        let over = holds.map_or(own, |holds| {
            if holds.by == device(by) { own } else { Some((holds.by, holds.register.time)) }
        });
        let time = clock.max(holds.map_or(0, |holds| holds.register.time + 1));
        let (name, value) = (name.to_owned(), value.to_owned());
        let set = vec![Register { name, over, time, value }];
        self.hears(&(by, time, Payload::Registers(Stated { set })));
    }
}

/// Three devices with wrong clocks set registers and meet, as the numbers say. What each said, in the
/// order in which it was said.
fn history(steps: &[(u8, u8, u8, u16)]) -> [Copy; 3] {
    let mut copies = [Copy::default(), Copy::default(), Copy::default()];
    for (at, (who, what, name, clock)) in steps.iter().enumerate() {
        let who = usize::from(who % 3);
        if what % 3 == 0 {
            let other = usize::from(what / 3) % 3;
            let all = copies[other].heard.clone();
            all.iter().for_each(|said| copies[who].hears(said));
        } else {
            let name = ["setting/colours", "draft/post", "seen/home"][usize::from(name % 3)];
            let by = u8::try_from(who).unwrap() + 1;
            copies[who].sets(by, u64::from(*clock) + 1, name, &format!("{by} {at}"));
        }
    }
    copies
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn devices_agree_whatever_reaches_them_when(
        steps in vec(any::<(u8, u8, u8, u16)>(), 1..40),
        order in any::<u64>(),
    ) {
        let mut copies = history(&steps);
        let mut all: Vec<_> = copies.iter().flat_map(|copy| copy.heard.clone()).collect();
        let mut expected = Registers::default();
        all.iter().for_each(|(by, clock, said)| drop(expected.apply(device(*by), *clock, said)));
        for (at, copy) in (0_u64..).zip(&mut copies) {
            // Another order at each, and everything twice.
            let mut shuffle = effigy_core::random::Random::seeded([order.wrapping_add(at) as u8; 32]);
            for last in (1..all.len()).rev() {
                all.swap(last, shuffle.below(last as u64 + 1) as usize);
            }
            all.iter().chain(&all).for_each(|said| copy.hears(said));
            prop_assert_eq!(answers(&copy.registers), answers(&expected));
        }
    }

    #[test]
    fn what_a_device_sets_holds_there_at_once(steps in vec(any::<(u8, u8, u8, u16)>(), 1..40)) {
        for (by, mut copy) in (1_u8..).zip(history(&steps)) {
            // However late its clock is.
            copy.sets(by, 1, "setting/colours", "now");
            let holds = copy.registers.get("setting/colours").unwrap();
            prop_assert_eq!((holds.by, holds.register.value.as_str()), (device(by), "now"));
            prop_assert_eq!(copy.registers.unseen(&device(by), "setting/colours"), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn which_are_kept_does_not_depend_on_the_order(
        said in vec((0..400_u16, 1..999_u64), 300..500),
        turn in any::<prop::sample::Index>(),
    ) {
        let apply = |said: &[(u16, u64)]| {
            let mut registers = Registers::default();
            for (name, time) in said {
                says(&mut registers, 1, register(&format!("draft/{name}"), *time, "x", None));
            }
            registers.of(&device(1)).cloned().collect::<Vec<_>>()
        };
        let mut turned = said.clone();
        turned.rotate_left(turn.index(said.len()));
        turned.reverse();
        let kept = apply(&said);
        prop_assert!(kept.len() <= REGISTERS_KEPT);
        prop_assert_eq!(kept, apply(&turned));
    }
}

#[test]
fn who_lost_unseen_is_told_and_who_was_seen_is_not() {
    let mut registers = Registers::default();
    says(&mut registers, 1, register("draft/post", 10, "mine", None));
    says(&mut registers, 2, register("draft/post", 20, "theirs", None));
    let unseen = |registers: &Registers, by| {
        registers.unseen(&device(by), "draft/post").map(|own| own.value.clone())
    };
    assert_eq!(registers.get("draft/post").unwrap().register.value, "theirs");
    assert_eq!(unseen(&registers, 1).as_deref(), Some("mine"));
    assert_eq!(unseen(&registers, 2), None);
    // They go on with what this one wrote before them.
    says(&mut registers, 2, register("draft/post", 30, "both", Some((1, 10))));
    assert_eq!(unseen(&registers, 1), None);
    // A third, that had the second's before it.
    says(&mut registers, 3, register("draft/post", 40, "all", Some((2, 30))));
    assert_eq!((unseen(&registers, 1), unseen(&registers, 2)), (None, None));
    // Meanwhile, and not seen by the third.
    says(&mut registers, 1, register("draft/post", 35, "more", None));
    assert_eq!(unseen(&registers, 1).as_deref(), Some("more"));
}

#[test]
fn what_claims_to_be_later_than_its_entry_says_nothing() {
    let mut registers = Registers::default();
    let set = vec![register("setting/colours", 11, "dark", None)];
    let payload = Payload::Registers(Stated { set });
    assert!(registers.apply(device(1), 10, &payload).is_empty());
    assert_eq!(registers.get("setting/colours"), None);
    assert_eq!(registers.apply(device(1), 11, &payload), ["setting/colours"]);
    // Stated again later, it is no later than it was.
    assert!(registers.apply(device(1), 99, &payload).is_empty());
    says(&mut registers, 2, register("setting/colours", 12, "light", None));
    assert!(registers.apply(device(1), 200, &payload).is_empty());
    assert_eq!(registers.get("setting/colours").unwrap().register.value, "light");
}
