//! What the person's devices agree on: settings, drafts, how far they have read, what each keeps.
//!
//! What is set here holds here at once, and is durable before that is said. The other devices are told
//! by sealed entries, each for all that was set meanwhile: neither a letter of a draft nor a post that
//! was read becomes one by itself. Entries that later ones have made needless are called so from time to
//! time, after what still counts of them was stated once more: so what rests of them does not grow.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::limits::{REGISTERS, REGISTERS_KEPT, SUPERSEDED};
use effigy_core::payload::{Register, Registers as Stated, Superseded};
use effigy_core::{Cid, Entry, Identity, Payload, Span, Time};
use effigy_feed::Registers;
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::restore::RestoreError;
use crate::api::registers::{self, AROUND, Pace, STATEMENT};
use crate::api::{Agreed, Event, Refusal};

/// After how long it is tried again to tell the others, where this device may not write.
const AGAIN: Span = Span::seconds(30);
/// After how long what holds nothing need not be stated once more.
const FORGOTTEN: Span = Span::days(30);

/// What the devices agree on, and what of it they have yet to be told.
#[derive(Debug, Default)]
pub(super) struct Agreeing {
    all: Registers,
    /// What was set here and stands in no entry, by name.
    set: BTreeMap<String, Unstated>,
    /// Own statements whose payloads are here.
    stated: BTreeSet<Cid>,
    /// What changed since the person was told.
    untold: BTreeSet<String>,
    /// When marks were told last.
    marked: Option<Time>,
}

#[derive(Debug)]
struct Unstated {
    register: Register,
    since: Time,
    due: Time,
}

fn unstated_key(name: &str) -> Key {
    Key::new(Table::Meta, [b"register/".as_slice(), name.as_bytes()].concat())
}

/// A register that was set and not stated, as it rests.
pub(crate) fn resting_register(name: &[u8], value: &[u8]) -> Option<Register> {
    let register: Register = serde_json::from_slice(value).ok()?;
    let is_sound = register.bounds().is_ok() && register.name.as_bytes() == name;
    is_sound.then_some(register)
}

/// About how many bytes a register has in a statement.
fn size(register: &Register) -> usize {
    let value = serde_json::to_string(&register.value).map_or(usize::MAX, |value| value.len());
    value.saturating_add(register.name.len()).saturating_add(AROUND)
}

/// What fits one entry, one after the other; each in the order of names.
fn statements(set: Vec<Register>) -> Vec<Vec<Register>> {
    let mut all: Vec<Vec<Register>> = Vec::new();
    let mut room = 0_usize;
    for register in set {
        let size = size(&register);
        match all.last_mut().filter(|last| last.len() < REGISTERS && size <= room) {
            Some(last) => last.push(register),
            None => {
                room = STATEMENT;
                all.push(vec![register]);
            }
        }
        room = room.saturating_sub(size);
    }
    all
}

impl Agreeing {
    /// What a register holds here, and who said so: what was set here may not have been told yet.
    fn holds(&self, me: Identity, name: &str) -> Option<(Identity, &Register)> {
        let said = self.all.get(name).map(|holds| (holds.by, holds.register));
        let set = self.set.get(name).map(|unstated| (me, &unstated.register));
        said.into_iter().chain(set).max_by_key(|(by, register)| (register.time, *by))
    }

    /// What this device said or set, and who had the last word did not know.
    fn unseen(&self, me: Identity, name: &str) -> Option<&Register> {
        match self.set.get(name) {
            // Nobody else has seen it.
            Some(own) => {
                Some(&own.register).filter(|_| self.holds(me, name).is_some_and(|(by, _)| by != me))
            }
            None => self.all.unseen(&me, name),
        }
    }
}

impl Node {
    /// Whether a device of this account was told not to keep what somebody posts.
    pub(super) fn leaves_out(&self, synod: &Identity) -> bool {
        let name = registers::keeps(&self.me, synod);
        self.agreeing.holds(self.me, &name).is_some_and(|(_, held)| held.value == "no")
    }

    /// Entries of this device that state what registers hold.
    pub(super) fn statements(&self) -> impl Iterator<Item = &Cid> {
        self.agreeing.stated.iter()
    }

    /// Has a register hold something from now on.
    pub(super) fn set_register(
        &mut self,
        name: String,
        value: String,
        time: Option<Time>,
    ) -> Result<(), Refusal> {
        self.my_synod().ok_or(Refusal::Account)?;
        let me = self.me;
        // Nobody has read what is yet to be written; and what says so could not be told before then.
        let time = time.map(|time| time.min(self.clock));
        let known = self.agreeing.holds(me, &name);
        let last = known.map_or(0, |(_, register)| register.time);
        let is_known = known.is_some_and(|(_, register)| register.value == value);
        let is_settled = is_known && self.agreeing.unseen(me, &name).is_none();
        if time.map_or(is_settled, |time| time.0 <= last) {
            return Ok(());
        }
        let own = self.agreeing.set.get(&name).map(|unstated| &unstated.register);
        let own = own.or_else(|| self.agreeing.all.last(&me, &name));
        let over = match known {
            Some((by, register)) if by != me => Some((by, register.time)),
            _ => own.and_then(|own| own.over),
        };
        let next = self.clock.0.max(last.saturating_add(1));
        let register = Register { name, over, time: time.map_or(next, |time| time.0), value };
        if register.bounds().is_err() || size(&register) > STATEMENT {
            return Err(Refusal::TooLong);
        }
        let is_new = !self.agreeing.set.contains_key(&register.name);
        if is_new && self.agreeing.set.len() >= REGISTERS_KEPT {
            return Err(Refusal::TooMany);
        }
        self.keep_register(register);
        Ok(())
    }

    /// Has a register hold nothing, if it holds anything.
    pub(super) fn empty_register(&mut self, name: String) {
        let me = self.me;
        let Some((_, held)) = self.agreeing.holds(me, &name) else { return };
        let held = held.time;
        let apart = self.agreeing.unseen(me, &name).filter(|own| !own.value.is_empty()).cloned();
        let Some(own) = apart else {
            // A name that is known is no new one, and nothing is not too long.
            let _ = self.set_register(name, String::new(), None);
            return;
        };
        // Another device has one that was written apart: only the own one goes.
        let time = own.time.saturating_add(1);
        if time < held {
            self.keep_register(Register { time, value: String::new(), ..own });
        }
    }

    fn keep_register(&mut self, register: Register) {
        let (name, now) = (register.name.clone(), self.now);
        let pace = Pace::of(&name);
        let since = self.agreeing.set.get(&name).map_or(now, |unstated| unstated.since);
        let due = now.after(pace.quiet).min(since.after(pace.patience));
        let pause = self.agreeing.marked.map(|marked| marked.after(pace.pause));
        let due = due.max(pause.filter(|_| pace.pause > Span(0)).unwrap_or(due));
        let value = serde_json::to_vec(&register).unwrap_or_default();
        self.save(Batch::new().put(unstated_key(&name), value).strict());
        self.agreeing.untold.insert(name.clone());
        self.agreeing.set.insert(name.clone(), Unstated { register, since, due });
        self.register_changed(&name);
        // What was set is told before it is said that it is kept.
        self.tell_registers();
    }

    /// Takes in what a device of this account stated.
    pub(super) fn take_registers(&mut self, entry: &Entry, payload: &Payload) {
        let header = entry.header();
        if header.identity == self.me && !self.deletions.contains_key(&entry.id()) {
            self.agreeing.stated.insert(entry.id());
        }
        let changed = self.agreeing.all.apply(header.identity, header.comparable, payload);
        for name in changed {
            self.register_changed(&name);
            self.agreeing.untold.insert(name);
        }
    }

    fn register_changed(&mut self, name: &str) {
        if self.ready && name.starts_with(registers::KEEPS) {
            self.keeping_changed(name);
        }
    }

    /// Tells the person what changed.
    pub(super) fn tell_registers(&mut self) {
        let me = self.me;
        let mut told = Vec::new();
        for name in std::mem::take(&mut self.agreeing.untold) {
            let Some((by, register)) = self.agreeing.holds(me, &name) else { continue };
            let unseen = self.agreeing.unseen(me, &name).map(|own| own.value.clone());
            let (time, value) = (Time(register.time), register.value.clone());
            told.push(Agreed { by, name, time, unseen, value });
        }
        if !told.is_empty() {
            self.emit(Event::Registers(told));
        }
    }

    pub(super) fn agreeing_due(&self) -> Option<Time> {
        self.agreeing.set.values().map(|unstated| unstated.due).min()
    }

    /// Tells the other devices what is due, and all else with it.
    pub(super) fn keep_agreeing(&mut self) {
        if self.agreeing_due().is_some_and(|due| due <= self.now) {
            self.state_registers();
        }
    }

    /// Tells the other devices what was set here.
    pub(super) fn state_registers(&mut self) {
        let set = self.agreeing.set.values().map(|unstated| unstated.register.clone());
        for set in statements(set.collect()) {
            let names: Vec<String> = set.iter().map(|register| register.name.clone()).collect();
            if self.state_some(set).is_err() {
                let again = self.now.after(AGAIN);
                self.agreeing.set.values_mut().for_each(|unstated| unstated.due = again);
                return;
            }
            let mut batch = Batch::new();
            for name in names {
                if name.starts_with(registers::READ) {
                    self.agreeing.marked = Some(self.now);
                }
                batch.deletes.push(unstated_key(&name));
                self.agreeing.set.remove(&name);
            }
            self.save(batch);
        }
        // Where that fails it is tried again with the next.
        let _ = self.supersede();
    }

    fn state_some(&mut self, set: Vec<Register>) -> Result<(), Refusal> {
        let latest = set.iter().map(|register| register.time).max().unwrap_or_default();
        let payload = Payload::Registers(Stated { set });
        self.write_sealed(&payload, latest.saturating_sub(1)).map(drop)
    }

    /// States once more what counts of many own statements, and calls those superseded.
    fn supersede(&mut self) -> Result<(), Refusal> {
        if self.agreeing.stated.len() < SUPERSEDED {
            return Ok(());
        }
        let entries: Vec<Cid> = self.agreeing.stated.iter().take(SUPERSEDED).copied().collect();
        // What others have changed since, knowing it, is theirs to say.
        let counts = |register: &&Register| {
            let all = &self.agreeing.all;
            let holds = all.get(&register.name).is_some_and(|held| held.by == self.me);
            let is_recent = self.clock.since(Time(register.time)) < FORGOTTEN;
            (holds || all.unseen(&self.me, &register.name).is_some())
                && (!register.value.is_empty() || is_recent)
        };
        let own: Vec<Register> = self.agreeing.all.of(&self.me).filter(counts).cloned().collect();
        for set in statements(own) {
            self.state_some(set)?;
        }
        for entry in &entries {
            self.agreeing.stated.remove(entry);
        }
        self.write(super::own::Pen::Device, &Payload::Superseded(Superseded { entries }), &[])?;
        Ok(())
    }

    /// What was set here before a restart, and was not told.
    pub(super) fn restore_register(
        &mut self,
        name: &[u8],
        value: &[u8],
    ) -> Result<(), RestoreError> {
        let register = resting_register(name, value).ok_or(RestoreError)?;
        let name = register.name.clone();
        self.agreeing.untold.insert(name.clone());
        let (since, due) = (Time(0), Time(0));
        self.agreeing.set.insert(name, Unstated { register, since, due });
        Ok(())
    }
}
