//! A network that was brought to where many schedules begin, and is kept: to begin anew each time would
//! cost more than what is looked at.

use std::collections::HashMap;
use std::sync::Arc;

use effigy_core::Cid;
use effigy_core::random::Random;
use effigy_proto::{Fence, Keys, Record};

use super::Network;
use crate::verdicts::Verdicts;
use crate::{Disk, Machine, Who};

/// What is left of a network when every machine was turned off.
#[derive(Clone, Debug)]
pub struct Frozen {
    machines: Vec<Part>,
    now: u64,
    verdicts: Arc<HashMap<Vec<u8>, Record>>,
}

#[derive(Clone, Debug)]
struct Part {
    who: Who,
    keys: Keys,
    disk: Disk,
    fence: Option<Fence>,
}

/// How long a frozen network was off, in milliseconds.
const OFF: u64 = 60_000;

impl Network {
    /// Turns every machine off and keeps what is durable.
    pub fn freeze(mut self) -> Frozen {
        let parts = self.machines.iter_mut().map(|machine| {
            machine.disk.crash(usize::MAX);
            Part {
                who: machine.who,
                keys: machine.keys.clone(),
                disk: machine.disk.clone(),
                fence: machine.fence.clone(),
            }
        });
        let machines = parts.collect();
        Frozen { machines, now: self.now, verdicts: self.verdicts.freeze() }
    }
}

impl Frozen {
    /// The same machines, all off, a minute later, and whatever this seed has in store for them.
    pub fn thaw(&self, seed: [u8; 32]) -> Network {
        let mut network = Network::new(0);
        network.now = self.now.saturating_add(OFF);
        network.random = Random::seeded(seed);
        network.trace = Cid::of(&seed);
        network.verdicts = Verdicts::after(&self.verdicts);
        network.machines.extend(self.machines.iter().map(|part| {
            let mut machine = Machine::with_keys(part.who, part.keys.clone());
            machine.disk = part.disk.clone();
            machine.fence.clone_from(&part.fence);
            machine
        }));
        network
    }
}
