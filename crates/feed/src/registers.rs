//! What a person's devices agree on: registers with names, in which the later statement wins.
//!
//! Of each device its own last word about each name is kept, not only the one that wins. So nothing is
//! overwritten that was said elsewhere meanwhile, and whoever lost can be asked what they want.

use std::collections::BTreeMap;

use effigy_core::limits::REGISTERS_KEPT;
use effigy_core::payload::{Register, Registers as Stated};
use effigy_core::{Identity, Payload};

/// All registers of one person.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    devices: BTreeMap<Identity, BTreeMap<String, Register>>,
}

/// What a register holds, and which device said so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Holds<'a> {
    /// The device.
    pub by: Identity,
    /// What it said.
    pub register: &'a Register,
}

/// How the names of drafts begin.
const DRAFT: &str = "draft/";

/// By what two statements of one device about one name are ordered. Only a device of which there is a
/// copy makes two with one time.
type Place<'a> = (u64, &'a str, Option<(Identity, u64)>);

const fn place(register: &Register) -> Place<'_> {
    (register.time, register.value.as_str(), register.over)
}

impl Registers {
    /// Takes into account what a device said in an entry with this clock. Tells about which names
    /// anything changed. What claims to be later than its entry says nothing: so a wrong clock harms
    /// nobody else, whose readers wait with entries from the future.
    pub fn apply(&mut self, device: Identity, clock: u64, payload: &Payload) -> Vec<String> {
        let Payload::Registers(Stated { set }) = payload else { return Vec::new() };
        let kept = self.devices.entry(device).or_default();
        let mut changed = Vec::new();
        for register in set.iter().filter(|register| register.time <= clock) {
            let known = kept.get(&register.name);
            if known.is_none_or(|known| place(known) < place(register)) {
                kept.insert(register.name.clone(), register.clone());
                changed.push(register.name.clone());
            }
        }
        // Drafts come and go: whoever answers much must not lose a setting by it.
        for is_draft in [false, true] {
            let is_kind = |name: &str| name.starts_with(DRAFT) == is_draft;
            while kept.keys().filter(|name| is_kind(name)).count() > REGISTERS_KEPT {
                let of_kind = kept.values().filter(|register| is_kind(&register.name));
                let first = of_kind.map(|register| (register.time, &register.name)).min();
                let Some(first) = first.map(|(_, name)| name.clone()) else { break };
                kept.remove(&first);
            }
        }
        changed
    }

    /// What a register holds: the last word of all devices. Of two at one moment the one whose device's
    /// key is greater.
    pub fn get(&self, name: &str) -> Option<Holds<'_>> {
        let all = self.devices.iter();
        let all = all.filter_map(|(by, kept)| Some(Holds { by: *by, register: kept.get(name)? }));
        all.max_by_key(|holds| (holds.register.time, holds.by))
    }

    /// What a device said last about a name.
    pub fn last(&self, device: &Identity, name: &str) -> Option<&Register> {
        self.devices.get(device)?.get(name)
    }

    /// The last words of a device about everything.
    pub fn of(&self, device: &Identity) -> impl Iterator<Item = &Register> {
        self.devices.get(device).into_iter().flat_map(BTreeMap::values)
    }

    /// Every name that any device spoke of. Some come more than once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.devices.values().flat_map(|kept| kept.keys().map(String::as_str))
    }

    /// What a device said about a name and who had the last word did not know.
    pub fn unseen(&self, device: &Identity, name: &str) -> Option<&Register> {
        let own = self.last(device, name)?;
        let holds = self.get(name)?;
        if holds.by == *device || self.knew(holds.register, device, own.time) {
            return None;
        }
        Some(own)
    }

    /// Whether who wrote this knew what a device had said by then, as far as can be told: themselves,
    /// or by the one whose statement they had before them.
    fn knew(&self, register: &Register, device: &Identity, time: u64) -> bool {
        let Some((over, at)) = register.over else { return false };
        if over == *device {
            return at >= time;
        }
        let before = self.last(&over, &register.name).filter(|before| before.time == at);
        before
            .and_then(|before| before.over)
            .is_some_and(|(over, at)| over == *device && at >= time)
    }
}
