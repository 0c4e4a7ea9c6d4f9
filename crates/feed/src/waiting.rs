//! Entries that cannot be judged yet: their parents are missing, or their clock is ahead.

use std::collections::{BTreeMap, VecDeque};

use effigy_core::limits::{WAITING, WAITING_PER_FEED};
use effigy_core::{Cid, Entry, Identity, Time};

/// An entry as it arrived, with its payload where that came along.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The entry.
    pub entry: Entry,
    /// The payload's bytes, if they came.
    pub payload: Option<Vec<u8>>,
}

/// A bounded waiting room. When it is full the oldest leave: they can be asked for again.
#[derive(Debug, Default)]
pub struct Waiting {
    feeds: BTreeMap<Identity, VecDeque<(Time, Arrival)>>,
    count: usize,
}

impl Waiting {
    /// How many wait.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether nobody waits.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Lets an entry wait, until a moment or until its feed has moved (`Time(0)`).
    pub fn add(&mut self, arrival: Arrival, until: Time) {
        let identity = arrival.entry.header().identity;
        let queue = self.feeds.entry(identity).or_default();
        if queue.iter().any(|(_, other)| other.entry.id() == arrival.entry.id()) {
            return;
        }
        queue.push_back((until, arrival));
        self.count = self.count.saturating_add(1);
        if queue.len() > WAITING_PER_FEED {
            queue.pop_front();
            self.count = self.count.saturating_sub(1);
        }
        while self.count > WAITING {
            let Some(longest) =
                self.feeds.iter().max_by_key(|(_, queue)| queue.len()).map(|(id, _)| *id)
            else {
                break;
            };
            self.feeds.get_mut(&longest).map(VecDeque::pop_front);
            self.count = self.count.saturating_sub(1);
        }
    }

    /// Takes out all that wait for one feed.
    pub fn take(&mut self, identity: Identity) -> Vec<Arrival> {
        let queue = self.feeds.remove(&identity).unwrap_or_default();
        self.count = self.count.saturating_sub(queue.len());
        queue.into_iter().map(|(_, arrival)| arrival).collect()
    }

    /// Takes out all whose moment has come.
    pub fn due(&mut self, now: Time) -> Vec<Arrival> {
        let mut due = Vec::new();
        for queue in self.feeds.values_mut() {
            let (ready, rest) = std::mem::take(queue)
                .into_iter()
                .partition(|(until, _)| until.0 > 0 && *until <= now);
            *queue = rest;
            let ready: VecDeque<(Time, Arrival)> = ready;
            due.extend(ready.into_iter().map(|(_, arrival)| arrival));
        }
        self.feeds.retain(|_, queue| !queue.is_empty());
        self.count = self.count.saturating_sub(due.len());
        due
    }

    /// The next moment at which somebody is due.
    pub fn next(&self) -> Option<Time> {
        let moments = self.feeds.values().flatten().map(|(until, _)| *until);
        moments.filter(|until| until.0 > 0).min()
    }

    /// Whether an entry waits, by its id.
    pub fn contains(&self, identity: &Identity, id: &Cid) -> bool {
        self.feeds
            .get(identity)
            .is_some_and(|queue| queue.iter().any(|(_, arrival)| arrival.entry.id() == *id))
    }
}
