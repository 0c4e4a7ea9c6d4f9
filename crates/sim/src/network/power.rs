//! Machines go on and off, fall asleep, and fail to write.

use effigy_proto::{Command, Config, Input, Node};
use effigy_store::Batch;

use super::Network;
use crate::Who;
use crate::happening::Happening;

/// How long a machine rests whose disk has failed twice in a row, in milliseconds: as the engine does.
const REST: u64 = 5_000;

impl Network {
    /// Turns a machine on.
    pub fn start(&mut self, machine: usize) {
        self.boot(machine, Node::new);
    }

    fn boot(&mut self, machine: usize, begin: fn(Config) -> Node) {
        let hubs = self.origins();
        let seed = self.random.bytes();
        let now = self.now;
        let Some(state) = self.machines.get_mut(machine) else { return };
        let hubs = if state.who == Who::Hub { Vec::new() } else { hubs };
        state.begin_life();
        let life = state.life;
        state.node = Some(begin(state.config(hubs, seed)));
        self.transcript.note(now, machine, "starts");
        while let Some(state) = self.machines.get_mut(machine).filter(|state| state.life == life) {
            let clock = state.clock(now);
            let Some(node) = &mut state.node else { return };
            let Some(range) = node.next_read() else {
                node.start(clock);
                return self.drain(machine);
            };
            for (key, value) in state.disk.scan(&range) {
                // As the engine does: what cannot be read is passed over.
                let _ = node.restore(range.table, &key, &value);
            }
            self.drain(machine);
        }
    }

    /// What a machine noted of its packs cannot be right: it begins again and reads all of them.
    pub(super) fn reread(&mut self, machine: usize) {
        self.cut_all(machine);
        self.boot(machine, Node::rereading);
    }

    /// Kills a machine: what was not durable may be lost, and every connection is.
    pub fn crash(&mut self, machine: usize) {
        let loose = self.machines.get(machine).map_or(0, |state| state.disk.loose());
        let kept = self.random.below((loose as u64).saturating_add(1));
        let Some(state) = self.machines.get_mut(machine) else { return };
        state.disk.crash(usize::try_from(kept).unwrap_or(usize::MAX));
        state.end_life();
        self.transcript.note(self.now, machine, "dies");
        self.cut_all(machine);
    }

    /// A phone falls asleep: nothing reaches it, nothing comes from it, and nobody is told.
    pub fn sleep(&mut self, machine: usize) {
        let Some(state) = self.machines.get_mut(machine).filter(|state| !state.is_off()) else {
            return;
        };
        state.asleep = true;
        let wires: Vec<u64> = state.wires.values().copied().collect();
        self.transcript.note(self.now, machine, "falls asleep");
        for wire in wires {
            self.stall(wire);
        }
    }

    /// A phone wakes up and hears what became of its connections.
    pub fn wake(&mut self, machine: usize) {
        let Some(state) = self.machines.get_mut(machine).filter(|state| state.asleep) else {
            return;
        };
        state.asleep = false;
        let missed = std::mem::take(&mut state.missed);
        self.transcript.note(self.now, machine, "wakes up");
        self.cut_all_known(machine);
        missed.into_iter().for_each(|input| self.tell(machine, input));
        self.tell(machine, Input::Tick);
        self.tell(machine, Input::Command(Command::Wake));
    }

    /// Sets a machine's clock so many milliseconds ahead of, or behind, what it is.
    pub fn skew(&mut self, machine: usize, skew: i64) {
        if let Some(state) = self.machines.get_mut(machine) {
            state.skew = skew;
            self.transcript.note(self.now, machine, "has another clock");
        }
    }

    pub(super) fn save(&mut self, machine: usize, batch: Batch) {
        let Some(state) = self.machines.get_mut(machine) else { return };
        if state.disk.dies_now() {
            // Whether it was all written or nothing of it, nobody can say.
            if self.random.below(2) == 1 {
                state.disk.apply(batch);
            }
            self.crash(machine);
            return;
        }
        if !state.disk.apply(batch) {
            self.write_failed(machine);
        }
    }

    /// As the engine does: nothing that followed from the write happens, and the node begins again; not
    /// at once where it failed a moment ago.
    fn write_failed(&mut self, machine: usize) {
        let now = self.now;
        let Some(state) = self.machines.get_mut(machine) else { return };
        state.failed_writes = state.failed_writes.saturating_add(1);
        state.disk.crash(usize::MAX);
        state.end_life();
        let again = state.failed_at.replace(now).is_some_and(|then| now < then + REST);
        let life = state.life;
        self.transcript.note(now, machine, "cannot write");
        self.cut_all(machine);
        if again {
            self.put(now.saturating_add(REST), Happening::Starts { machine, life });
        } else {
            self.start(machine);
        }
    }
}
